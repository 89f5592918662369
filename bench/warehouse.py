"""Measure a full build, and one after one more day of answers, at 1M and 10M answers: seconds, memory, the release.

    .venv/bin/python bench/warehouse.py [--sizes 1 10] [--young] [--night]

The answers are a simulated school in `attempt_log` (50,000 learners, 2,000 items, 52 weeks at 10M). "One more day" is
the newest 30,000 answers again, a day later; its build also notes the versions of rows for its release. Memory is the
peak of the dbt process; Postgres does the work. The server writes what the load left in memory before the clock starts.
Between the two builds it vacuums as it would at night.

The cost of a day also depends on the learners who are active in its windows, and a school of 1M has a tenth of them.
`--young` measures the largest school again with its newest million answers only: the same day after less history.
`--night` adds a build of all models after another day, also of those that only fits read: some pass over all history.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import machine
import psutil

from orchestration import terminal
from orchestration.jobs.pipeline import NO_UNIT_TESTS, Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

AS_OF = date(2026, 6, 28)
LEARNERS_PER_MILLION = 5_000
# Attempts, features and KPIs with their data tests. Models that only fits use are timed with the fits; they are built
# once without answers, because KPIs are not built on models that are missing.
EVERYTHING = ("--select", "+weekly_kpi_flat", "+features_topic_daily")
SELECTION = (*EVERYTHING, "--exclude", "path:dbt_project/models/fits/*/*_input*", "int_irt_answers", "irt_exclusions")

ONE_MORE_DAY = """
    insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at, response_time_ms, hints,
                             session_id)
    select md5(source_id || '{as_of}'), user_id, item_id, topic_id, correct,
        ('{as_of}'::date + 1 + (completed_at at time zone 'UTC')::time) at time zone 'UTC', response_time_ms, hints,
        session_id || '+'
    from attempt_log
    order by completed_at desc, source_id
    limit 30000"""


def build(pipeline: Pipeline, as_of: date, *arguments: str) -> tuple[float, float]:
    """Build as of a day; return (seconds, peak megabytes of the dbt process)."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:  # rusage of children would include our own memory, which a fork shares
        while not done.wait(0.1):
            for child in psutil.Process().children():
                with suppress(psutil.NoSuchProcess):  # it may end during the check
                    if "dbt" in " ".join(child.cmdline()[:2]):
                        peak[0] = max(peak[0], child.memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.monotonic()
    try:
        pipeline.dbt(as_of).build(*NO_UNIT_TESTS, *arguments, quiet=True)
    finally:
        done.set()
        watcher.join()
    return time.monotonic() - start, peak[0]


def slowest(pipeline: Pipeline) -> str:
    """Name the three slowest nodes of the last build."""
    results = json.loads((pipeline.dbt(AS_OF).target / "run_results.json").read_text())["results"]
    results.sort(key=lambda result: -result["execution_time"])
    return ", ".join(f"{r['unique_id'].split('.')[2]} {r['execution_time']:.1f}" for r in results[:3])


def line_of(rows: int, school: School, name: str, pipeline: Pipeline, as_of: date, *arguments: str) -> list[object]:
    """Build with dbt's arguments and release; return the line of the table."""
    seconds, memory = build(pipeline, as_of, *arguments)
    shown = slowest(pipeline)
    pipeline.release("bench")
    return [f"{rows:,}", f"{school.learners:,}", name, round(seconds, 1), round(rows / seconds), round(memory),
            round(pipeline.steps[-1].seconds, 1), shown]


# The newest answers are copied and the rest is truncated: after a delete, the table would keep its old size on disk.
ONLY_THE_NEWEST = """
    create temporary table newest as select * from attempt_log order by completed_at desc limit {rows};
    truncate attempt_log;
    insert into attempt_log select * from newest;
    drop table newest"""


def measure(millions: int, *, newest: int | None = None, night: bool = False) -> list[list[object]]:
    """Simulate, build, add a day, build again; with all answers, or with the newest only; add the whole night."""
    next_day = AS_OF + timedelta(days=1)
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""))
        try:
            pipeline.init()
            pipeline.dbt(AS_OF).build(*EVERYTHING, *NO_UNIT_TESTS, quiet=True)
            with connect(pipeline.database_url) as connection:
                school = School(learners=LEARNERS_PER_MILLION * millions, weeks=52, seed=1, as_of=AS_OF, items=2000)
                simulate(connection, school, into="attempt_log")
                if newest:
                    connection.execute(ONLY_THE_NEWEST.format(rows=newest))
                rows = connection.execute("select count(*) from attempt_log").fetchone()[0]
                connection.commit()
                connection.autocommit = True
                connection.execute("vacuum analyze attempt_log")
                connection.execute("checkpoint")
                full = line_of(rows, school, "full build", pipeline, AS_OF, *SELECTION, "--full-refresh")
                connection.execute("vacuum")
                connection.execute("checkpoint")
                added = connection.execute(ONE_MORE_DAY.format(as_of=AS_OF)).rowcount
                lines = [full, line_of(added, school, "one more day", pipeline, next_day, *SELECTION)]
                if night:
                    build(pipeline, next_day)  # what only fits use, for the first time
                    connection.execute(ONE_MORE_DAY.format(as_of=next_day))
                    lines.append(line_of(added, school, "whole night", pipeline, next_day + timedelta(days=1)))
            return lines
        finally:
            pipeline.stack.down()


def main() -> None:
    """Print one table for all sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 10], help="millions of answers")
    parser.add_argument("--young", action="store_true", help="also the largest school with only its newest million")
    parser.add_argument("--night", action="store_true", help="also a build of all models")
    arguments = parser.parse_args()
    lines = [line for size in arguments.sizes for line in measure(size, night=arguments.night)]
    if arguments.young:
        lines += measure(max(arguments.sizes), newest=1_000_000)
    terminal.out.print(machine.describe())
    columns = ["answers", "learners", "build", "seconds", "answers/s", "dbt MB", "release s", "slowest (s)"]
    terminal.print_table("Warehouse", columns, lines)


if __name__ == "__main__":
    main()
