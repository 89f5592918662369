"""Measure whether IRT finds the scale: banks of any slope, the line to a bank, drift.

    .venv/bin/python bench/irt_scale.py [--sets 20] [--windows 30]

The bars: ratio of a and slope of b within .92 to 1.10 (3PL: .85 to 1.15); EAP intervals cover .93 to .97; without drift
at most 2% of the items and 20% of the windows are flagged. `z` is the difference between Stocking and Lord's line and
that of the fixed anchors, in standard errors.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path

import machine

from orchestration import terminal
from orchestration.settings import PROJECT_DIR

SCRIPT = Path(__file__).parent / "calibration" / "scale.R"
BANKS = [("2PL", 0.5), ("2PL", 0.7), ("2PL", 1.0), ("2PL", 1.6), ("3PL", 0.7), ("3PL", 1.6)]
GROUPS = [(-1.0, 0.7), (0.5, 1.3), (0.0, 0.5), (-0.5, 0.6), (0.0, 1.0), (0.0, 1.5)]


def measure(*arguments: object) -> dict[str, float]:
    """Run scale.R in a separate process; return what it prints."""
    answer = subprocess.run(["Rscript", "--vanilla", str(SCRIPT), *map(str, arguments)], stdout=subprocess.PIPE,
                            text=True, check=True, cwd=PROJECT_DIR,
                            env=os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library")})
    return json.loads(answer.stdout.splitlines()[-1])


def rounded(found: dict[str, float], *names: str) -> list[str]:
    return ["" if found[name] is None else f"{found[name]:.3f}" for name in names]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--windows", type=int, default=30)
    arguments = parser.parse_args()
    terminal.out.print(machine.describe())
    columns = ["ratio_a", "slope_b", "theta", "a", "b", "claimed", "true"]
    lines = [[model, mean_a, *rounded(measure("scale", model, mean_a, arguments.sets), *columns)]
             for model, mean_a in BANKS]
    terminal.print_table(f"Banks by their mean slope, 100 answers to each item, mean of {arguments.sets} sets",
                         ["model", "mean a", "a / true", "slope of b", "95% covers theta", "a", "b",
                          "reliability reported", "true"], lines)
    columns = ["A", "A_sl", "z_A", "B", "B_sl", "z_B", "false_items", "false_window"]
    lines = [[f"N({mean:g}, {sd:g})", n, *rounded(measure("windows", mean, sd, n, arguments.windows, 0), *columns)]
             for n in (100, 300) for mean, sd in GROUPS]
    terminal.print_table(f"The line to a bank, and drift where there is none, {arguments.windows} windows",
                         ["group", "answers an item", "A", "Stocking-Lord", "z", "B", "Stocking-Lord", "z",
                          "items flagged", "windows with a flag"], lines)
    lines = [[f"N({mean:g}, {sd:g})", n, *rounded(measure("windows", mean, sd, n, arguments.windows, 0.5), "power",
                                                  "false_items", "false_window")]
             for n in (100, 300, 1000) for mean, sd in ((0.0, 1.0), (0.0, 0.7))]
    terminal.print_table("Drift of .5 in b of 10 of 100 items",
                         ["group", "answers an item", "found", "others flagged", "windows with one"], lines)


if __name__ == "__main__":
    main()
