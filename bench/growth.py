"""Measure the growth fit: seconds, memory and effective draws by size, and brms on a size it can handle.

    .venv/bin/python bench/growth.py [--without-brms] [--largest 100000]

The clock runs from a request's tables in R's memory to the complete answer, including every learner's probability. Each
measurement has its own R process, and the table shows its peak memory. brms uses compiled programs (`make setup`).
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

SCRIPT = Path(__file__).parent / "growth" / "measure.R"
COLUMNS = ["learners x 12 weeks", "engine", "errors", "fit s", "learners s", "all s", "least ESS", "Pareto k or Rhat",
           "peak MB", "bar"]
BARS = {10_000: "15 s", 100_000: "150 s, 4,000 MB"}


def measure(learners: int, engine: str, *, errors: bool) -> dict[str, float]:
    """Fit once in a separate R process; return its measurements."""
    command = ["Rscript", "--vanilla", str(SCRIPT), str(learners), engine, "errors" if errors else "plain"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                            env=os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library")})
    return json.loads(answer.stdout.splitlines()[-1])


def line_of(learners: int, engine: str, took: dict[str, float], bar: str, *, errors: bool) -> list[object]:
    return [f"{learners:,}", engine, "yes" if errors else "no", round(took["fit"], 2), round(took["learners"], 2),
            round(took["all"], 2), round(took["ess"]), round(took["trust"], 3), round(took["peak_mb"]), bar]


def side_by_side(*, errors: bool) -> list[list[object]]:
    """Return the lines of both engines for the same 300 learners."""
    own, brms = measure(300, "marginal", errors=errors), measure(300, "brms", errors=errors)
    times = f"{brms['all'] / own['all']:,.0f} times as fast; 50 and ESS 1,000"
    return [line_of(300, "marginal", own, times, errors=errors),
            line_of(300, "brms, 2 x 1,000", brms, "", errors=errors)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without-brms", action="store_true")
    parser.add_argument("--largest", type=int, default=100_000)
    arguments = parser.parse_args()
    lines: list[list[object]] = []
    if not arguments.without_brms:
        lines = [*side_by_side(errors=True), *side_by_side(errors=False)]
    for learners in [size for size in (1_000, 10_000, 100_000) if size <= arguments.largest]:
        for errors in (True, False):
            bar = BARS.get(learners, "") if errors else ""
            lines.append(line_of(learners, "marginal", measure(learners, "marginal", errors=errors), bar,
                                 errors=errors))
    terminal.out.print(machine.describe())
    terminal.print_table("Growth, 2 threads", COLUMNS, lines)


if __name__ == "__main__":
    main()
