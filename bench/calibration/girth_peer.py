"""One 2PL fit by the package girth: python girth_peer.py FOLDER N_LEARNERS N_ITEMS. Prints seconds, writes a and b."""

import sys
import time
from pathlib import Path

import numpy as np
from girth import INVALID_RESPONSE, twopl_mml

folder, n_learners, n_items = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
learner, item, right = (np.fromfile(folder / f"{name}.bin", dtype=np.int32) for name in ("learner", "item", "right"))
answers = np.full((n_items, n_learners), INVALID_RESPONSE, dtype=int)
answers[item - 1, learner - 1] = right
start = time.monotonic()
found = twopl_mml(answers)
print(time.monotonic() - start)
np.asarray(found["Difficulty"], dtype=float).tofile(folder / "girth_b.out")
np.asarray(found["Discrimination"], dtype=float).tofile(folder / "girth_a.out")
