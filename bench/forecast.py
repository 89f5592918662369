"""Measure forecasts: false alarms, detection and intervals on known noise; errors and seconds on real answers.

    .venv/bin/python bench/forecast.py [ANSWERS] [--as-of 2018-05-20] [--series 200] [--schools 3]
        [--sets 20] [--first-seed 1] [--markdown]

The script prints up to seven tables:

1. Series of noise: white, half carried over to the next week, a random walk. Each has a spike in the last week and a
   shift eight weeks before the end, both of 4 standard deviations of the one-step errors of the series. A threshold of
   2.5 flags 1.24% of normal errors.
2. Series of one metric that are judged together.
3. Simulated schools of 150 weeks. Every week except those in which terms begin is judged as it is and with a spike.
4. Small shares and counts of known distribution: the chance that the next week lies in its 90% interval.
5. Kinds of series: how often the gate `relative_mae_as_served` rejects a single series of them, and runs of 70 series
   of all kinds. `--first-seed` draws other series.
6. How often the gate rejects forecasts that err more than naive in half a year.
7. With ANSWERS, the real job: load, build, fit, and the table of series. The seconds are those of the fit alone in a
   separate R process.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import machine

from orchestration import terminal
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR, read_settings
from python_models import answers
from python_models.warehouse.connection import connect
from simulated_school import School, simulate
from simulated_school.population import TERMS

SCRIPT = Path(__file__).parent / "forecast" / "measure.R"
INTERVALS = SCRIPT.with_name("intervals.R")
NOISES = {"white noise": "0", "half carried over": "0.5", "random walk": "1"}
RATES = ["weeks", "noise", "series-weeks", "false alarms", "4-sigma spikes found", "4-sigma shifts reported",
         "shifts dated"]
WEEKS = 150
SCHOOL = ["school", "metric", "series-weeks", "false alarms", "4-sigma spikes found", "weeks with under 30 past errors",
          "spikes found in them", "4-sigma shifts reported", "shifts dated", "shifts in quiet weeks per series"]
ALIKE = ["series", "past errors", "spread", "false alarms", "4-sigma spikes found"]
SERIES = ["metric", "scope", "served by", "relative MAE", "as served", "ETS", "Prophet", "coverage", "pinball",
          "of naive", "flagged", "judged", "shifts"]
HELD = ["kind", "n", "p or mean", "n varies", "held one week ahead", "four weeks ahead", "attainable"]
GATE = ["kind", "weeks", "relative MAE as served, mean", "highest", "rejected", "standard deviation of one week"]
WORSE = ["weeks", "errors in half a year, by naive's", "rejected: 1 series", "70 series"]
KINDS = ["white", "random_walk", "carried_over", "trend", "heavy_tails", "level_shift", "season", "local_trend",
         "growing_noise", "shrinking_noise", "heavy_walk", "drift", "growth_and_rest", "growth_and_rest_by_quarter"]
SERIES_OF_RUN = """
    select metric, scope, method, mase, (fit_meta ->> 'mase_as_served')::float8,
        (fit_meta #>> '{methods,2,mase}')::float8, (fit_meta #>> '{methods,3,mase}')::float8,
        (fit_meta ->> 'coverage_one_step')::float8, (fit_meta ->> 'pinball_served')::float8,
        (fit_meta ->> 'pinball_naive')::float8, (fit_meta ->> 'n_flagged')::int, (fit_meta ->> 'n_judged')::int,
        (fit_meta ->> 'n_shifts')::int
    from prophet_fit_meta where run_id = %s and status = 'forecast' order by metric, scope collate "C" """


def measure(*words: str, script: Path = SCRIPT) -> dict[str, Any]:
    """Run an R script in a separate process; return what it prints."""
    environment = os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library"), "TZ": "UTC"}
    answer = subprocess.run(["Rscript", "--vanilla", str(script), *words], stdout=subprocess.PIPE, text=True,
                            check=True, cwd=PROJECT_DIR, env=environment)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return measured


def rates(series: int) -> list[list[object]]:
    """Return a line for each length of history and noise; there are a quarter as many long series."""
    lines: list[list[object]] = []
    for weeks in (8, 12, 30, 150):
        for noise, carry in NOISES.items():
            measured = measure("rates", str(weeks), carry, str(series if weeks < 100 else max(series // 4, 1)))
            lines.append([weeks, noise, int(measured["judged"]), *(f"{measured[key]:.3f}" for key in
                                                               ("false_alarms", "spike", "shift", "dated"))])
    return lines


def alike(times: int) -> list[list[object]]:
    """Return a line for each number of series, of errors, and spread of the series' standard deviations."""
    cases = [(series, errors, spread) for series in (3, 18) for errors in (8, 30) for spread in ("0", "0.2", "0.6")]
    measured = [measure("alike", str(series), str(errors), spread, str(times)) for series, errors, spread in cases]
    return [[*case, f"{line['false_alarms']:.4f}", f"{line['spike']:.3f}"]
            for case, line in zip(cases, measured, strict=True)]


def held(sets: int) -> list[list[object]]:
    """Return a line for each distribution of small shares and counts."""
    cells = [("share", n, p, varies) for varies in ("constant", "varies")
             for n in (5, 10, 30, 100) for p in (.5, .8, .95)]
    cells += [("count", 1, mean, "constant") for mean in (.3, 1, 3, 10, 30)]
    measured = [measure("held", kind, str(n), str(p), str(sets), varies, script=INTERVALS)
                for kind, n, p, varies in cells]
    return [[kind, n if kind == "share" else "", p, "yes" if varies == "varies" else "no",
             *(f"{line[key]:.3f}" for key in ("one_week", "four_weeks", "attainable"))]
            for (kind, n, p, varies), line in zip(cells, measured, strict=True)]


def gates(sets: int, first: int) -> list[list[object]]:
    """Return a line for each kind of series and length of history, and for runs of 70 series (half as many)."""
    lines: list[list[object]] = []
    for weeks in (35, 104):
        measured = {kind: measure("gate", kind, str(weeks), str(sets), str(first), script=INTERVALS) for kind in KINDS}
        measured["70 series"] = measure("runs", str(weeks), str(max(sets // 2, 1)), str(first), script=INTERVALS)
        lines += [[kind, weeks, *(f"{line[key]:.3f}" for key in ("mean", "most", "rejected")),
                   f"{line['sd']:.3f}" if "sd" in line else ""] for kind, line in measured.items()]
    return lines


def worse() -> list[list[object]]:
    """Return a line for each length of history and size of the errors in half a year of it."""
    cells = [(weeks, times) for weeks in (53, 104, 156) for times in (1, 1.5, 2, 3)]
    measured = [measure("worse", str(weeks), str(times), "200", script=INTERVALS) for weeks, times in cells]
    return [[*cell, f"{line['alone']:.3f}", f"{line['together']:.3f}"]
            for cell, line in zip(cells, measured, strict=True)]


def school(seed: int, as_of: date) -> list[list[object]]:
    """Simulate a school, build the series from its answers, and return a line for each metric."""
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""))
        try:
            pipeline.init()
            with connect(pipeline.database_url) as connection:
                simulate(connection, School(learners=1000, weeks=WEEKS, seed=seed, as_of=as_of), into="attempt_log")
            pipeline.build("inputs", ("--select", "+forecast_input", "--exclude-resource-type", "unit_test", "test"),
                           as_of)
            measured = measure("school", str(write_series(pipeline, Path(home))), as_of.isoformat(), *busy_weeks(as_of))
        finally:
            pipeline.stack.down()
    keys = ("false_alarms", "spike", "short", "spike_short", "shift", "dated", "quiet_shifts")
    return [[seed, metric, line["judged"], *(f"{line[key]:.3f}" for key in keys)] for metric, line in measured.items()]


def busy_weeks(as_of: date) -> list[str]:
    """Return the Mondays of the week in which a term begins and of the next five: flags there are not false alarms."""
    first = as_of - timedelta(days=7 * WEEKS - 1)
    return [str(first + timedelta(weeks=int(term * WEEKS) + week)) for term in TERMS[1:] for week in range(6)]


def write_series(pipeline: Pipeline, folder: Path) -> Path:
    """Write `forecast_input` as CSV; return the file."""
    path = folder / "input.csv"
    with connect(pipeline.database_url) as connection, path.open("w", newline="") as file:
        rows = connection.execute("select metric, scope, week_start, value, n from public_fits.forecast_input")
        csv.writer(file).writerows([["metric", "scope", "week_start", "value", "n"], *rows.fetchall()])
    return path


def real(file: Path, as_of: date) -> list[list[Any]]:
    """Load, build and fit; print the seconds; return the line of each series."""
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""), on_step=terminal.print_step)
        try:
            pipeline.init()
            with connect(pipeline.database_url) as connection:
                answers.load(connection, file)
            outcome = pipeline.run(("forecast",), as_of)[0]
            with connect(pipeline.database_url) as connection:
                lines = [list(row) for row in connection.execute(SERIES_OF_RUN, [outcome.run_id]).fetchall()]
            path = write_series(pipeline, Path(home))
        finally:
            pipeline.stack.down()
        took = measure("fit", str(path), as_of.isoformat())
    for gate in outcome.gates:
        terminal.out.print(gate.line(), markup=False)
    terminal.out.print(f"{len(lines)} series: {took['seconds']:.0f} s, {took['cpu_seconds']:.0f} s of CPU time; "
                       f"standard deviation of one week (median, 90% point, maximum): {took['excess_sd']}")
    return [[cell if not isinstance(cell, float) else round(cell, 3) for cell in line] for line in lines]


def show(title: str, columns: list[str], lines: list[list[Any]], *, markdown: bool) -> None:
    """Print a table for people or for a page."""
    if markdown:
        for cells in (columns, ["---"] * len(columns), *lines):
            print("|", " | ".join(map(str, cells)), "|")
    else:
        terminal.print_table(title, columns, lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answers", type=Path, nargs="?")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2018, 5, 20))
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--schools", type=int, default=3)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    terminal.out.print(machine.describe())
    if arguments.series:
        show("Threshold 2.5", RATES, rates(arguments.series), markdown=arguments.markdown)
        show("Series of one metric", ALIKE, alike(20 * arguments.series), markdown=arguments.markdown)
    if arguments.sets:
        show("Chance to lie in the 90% interval", HELD, held(arguments.sets), markdown=arguments.markdown)
        show("Gate relative_mae_as_served", GATE, gates(arguments.sets, arguments.first_seed),
             markdown=arguments.markdown)
        show("Gate, forecasts that err more in half a year", WORSE, worse(), markdown=arguments.markdown)
    lines = [line for seed in range(1, arguments.schools + 1) for line in school(seed, arguments.as_of)]
    if lines:
        show("Simulated schools", SCHOOL, lines, markdown=arguments.markdown)
    if arguments.answers:
        show("Real answers", SERIES, real(arguments.answers, arguments.as_of), markdown=arguments.markdown)


if __name__ == "__main__":
    main()
