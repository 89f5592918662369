"""Measure IRT: seconds, memory, iterations, recovery by size, and the Python package girth on a size it can handle.

    .venv/bin/python bench/irt.py [--answers FILE] [--girth-python PYTHON] [--rounds 3]

The clock runs from arrays in R's memory to item parameters with standard errors, and to EAP and WLE of every learner.
The time is the best of --rounds in one process; peak memory is that of the whole process. Only this script uses
`girth`: install it into its own environment (python3 -m venv E && E/bin/pip install girth) and pass its python. With
--answers, a file as for `dreamseed load`, the script also calibrates first attempts of learners with 5 or more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
import numpy as np
import pandas as pd
from calibration.answers import School, simulate
from calibration.reference import posterior_sd

from orchestration import terminal
from orchestration.settings import PROJECT_DIR

HERE = Path(__file__).parent / "calibration"
COLUMNS = ["data", "model", "answers", "fit s", "scores s", "both s", "SE pass s", "iterations", "peak MB", "RMSE b",
           "RMSE a", "95% covers b", "bar: s, RMSE b"]
# name, learners, items, answers each, model, uneven exposure, bar in seconds, bar of RMSE(b), schools to average over
SIZES = [
    ("1,000 x 50, dense", 1_000, 50, 50, "2PL", False, None, 0.13, 10),
    ("5,000 x 500", 5_000, 500, 50, "2PL", False, 0.05, 0.155, 10),
    ("50,000 x 2,000", 50_000, 2_000, 40, "2PL", False, 0.5, None, 1),
    ("50,000 x 2,000", 50_000, 2_000, 40, "3PL", False, 0.75, None, 1),
    ("50,000 x 2,000, exposure 1/rank", 50_000, 2_000, 40, "2PL", True, 0.5, 0.22, 1),
    ("250,000 x 5,000", 250_000, 5_000, 40, "2PL", False, 2.0, None, 1),
    ("250,000 x 5,000", 250_000, 5_000, 40, "3PL", False, 3.0, None, 1),
]
HISTORIES = [50, 100, 300, 800, 2_400]


def rmse(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - truth) ** 2)))


def measure(folder: Path, model: str, learners: int, items: int, rounds: int) -> dict[str, float]:
    """Run one fit in a separate R process; its estimates stay in `folder`."""
    command = ["Rscript", "--vanilla", str(HERE / "measure.R"), str(folder), model, str(learners), str(items),
               str(rounds)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                            env=os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library")})
    return json.loads(answer.stdout)


def out(folder: Path, name: str) -> np.ndarray:
    return np.fromfile(folder / f"{name}.out")


def estimable(school: School) -> School:
    """Leave out items with only correct or only wrong answers, and renumber the others."""
    n = np.bincount(school.item - 1, minlength=len(school.a))
    right = np.bincount(school.item - 1, weights=school.right, minlength=len(school.a))
    kept = (right > 0) & (right < n)
    number, on = np.cumsum(kept), kept[school.item - 1]
    return School(school.a[kept], school.b[kept], school.c[kept], school.theta, school.learner[on],
                  number[school.item[on] - 1], school.right[on])


def line_of(size: tuple, rounds: int) -> list[object]:
    """Measure one size; recovery is averaged over its schools."""
    name, learners, items, each, model, uneven, seconds, bound, schools = size
    recovery = []
    for seed in range(1, schools + 1):
        school = estimable(simulate(learners, items, each, model, seed, uneven))
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home)
            school.write(folder)
            took = measure(folder, model, learners, len(school.a), rounds)
            b, se = out(folder, "b"), out(folder, "se_b")
            covered = np.mean(np.abs(b - school.b) < 1.96 * se)
            recovery.append([rmse(b, school.b), rmse(out(folder, "a"), school.a), covered])
    means = np.round(np.mean(recovery, axis=0), 3).tolist()
    bar = f"{seconds or '-'}, {bound or '-'}"
    return [name, model, f"{len(school.item):,}", round(took["fit"], 3), round(took["score"], 3),
            round(took["fit"] + took["score"], 3), round(took["standard_errors"], 3), took["iterations"],
            round(took["peak_mb"]), *means, bar]


def against_girth(python: str, rounds: int) -> list[list[object]]:
    """Return the lines of the same 2PL fit by both packages, on one simulated school."""
    learners, items = 5_000, 500
    school = estimable(simulate(learners, items, 50))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        school.write(folder)
        own = measure(folder, "2PL", learners, len(school.a), rounds)
        lines: list[list[object]] = [["sparseirt, with SE", round(own["fit"], 4),
                                      round(rmse(out(folder, "b"), school.b), 3), ""]]
        command = [python, str(HERE / "girth_peer.py"), home, str(learners), str(len(school.a))]
        peer = subprocess.run(command, capture_output=True, text=True, check=False)
        if peer.returncode:
            reason = "not installed" if "ModuleNotFoundError" in peer.stderr else peer.stderr.strip().splitlines()[-1]
            return [*lines, ["girth twopl_mml", reason, "", ""]]
        seconds = float(peer.stdout)
        return [*lines, ["girth twopl_mml", round(seconds, 1), round(rmse(out(folder, "girth_b"), school.b), 3),
                         f"{seconds / own['fit']:,.0f} times"]]


def histories() -> list[list[object]]:
    """Return the error of the SE of theta by the length of the history."""
    lines: list[list[object]] = []
    for each in HISTORIES:
        school = estimable(simulate(1_000, max(each, 500), each, seed=each))
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home)
            school.write(folder)
            took = measure(folder, "2PL", 1_000, len(school.a), 1)
            own = out(folder, "se_eap")[:200]
            exact = posterior_sd(school, out(folder, "a"), out(folder, "b"), range(1, 201))
        gap = np.abs(own / exact - 1).max()
        lines.append([each, took["iterations"], took["converged"], f"{gap:.5f}", round(took["fit"], 3),
                      round(took["score"], 3)])
    return lines


def real(file: Path) -> list[object]:
    """Calibrate the first attempts of learners with at least 5, on items with both outcomes."""
    frame = pd.read_csv(file, usecols=["user_id", "item_id", "correct", "completed_at"])
    first = frame.sort_values("completed_at", kind="stable").drop_duplicates(["user_id", "item_id"])
    first = first[first.groupby("user_id")["item_id"].transform("size") >= 5]
    learner, item = (pd.factorize(first[key])[0] + 1 for key in ("user_id", "item_id"))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name, values in (("learner", learner), ("item", item), ("right", first["correct"].to_numpy())):
            values.astype(np.int32).tofile(folder / f"{name}.bin")
        took = measure(folder, "2PL", int(learner.max()), int(item.max()), 3)
        group, theta = out(folder, "group").astype(int) - 1, out(folder, "theta_eap")
    n = np.bincount(learner - 1)[group]
    share = (np.bincount(learner - 1, weights=first["correct"]) / np.bincount(learner - 1))[group]
    return [f"{len(first):,}", item.max(), len(n), round(took["fit"] + took["score"], 3), took["iterations"],
            took["converged"], *(round(float(np.corrcoef(theta[n >= k], share[n >= k])[0, 1]), 3) for k in (5, 10))]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--girth-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    terminal.out.print(machine.describe())
    terminal.print_table("Calibration and scores, 2 threads", COLUMNS,
                        [line_of(size, arguments.rounds) for size in SIZES])
    terminal.print_table("5,000 x 500, 50 answers each, 2PL", ["package", "fit s", "RMSE b", "girth takes"],
                        against_girth(arguments.girth_python, arguments.rounds))
    terminal.print_table("1,000 learners by length of history", ["answers each", "iterations", "converged",
                        "largest error of SE(theta)", "fit s", "scores s"], histories())
    if arguments.answers:
        columns = ["answers", "items", "learners", "both s", "iterations", "converged",
                   "theta and share correct: r from 5", "from 10 answers"]
        terminal.print_table(f"First attempts of {arguments.answers.name}", columns, [real(arguments.answers)])


if __name__ == "__main__":
    main()
