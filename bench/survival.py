"""Measure seconds and memory of a survival fit from Postgres to Postgres: 100,000 learners x 12 weeks, 1.2M gaps.

    .venv/bin/python bench/survival.py [--learners 100000] [--weeks 12]

Each learner returns with an individual daily chance, and 40% leave permanently on some day. Two parts are timed: dbt's
inputs of the fit, and the fit (COPY out, service with its four landmarks and five folds, gates, COPY in, one
transaction). With 12 weeks, the earlier landmarks see only what exists; with --weeks 21 each looks back 90 days. Memory
is the highest sum of proportional set sizes of the runner and of the service with all its processes, twice a second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from datetime import date
from pathlib import Path

import machine
import psutil

from orchestration import terminal
from orchestration.jobs.pipeline import NO_UNIT_TESTS, Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect

AS_OF = date(2026, 6, 28)
INPUTS = ("--select", "int_course_days", "int_survival_days", "survival_input", "survival_input__at_risk")
ANSWERS_A_DAY, ITEMS = 2, 500

DAYS = """
    create table learner as select md5(l::text)::uuid::text as user_id,
        exp(-1.97 + 0.6 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) as chance,
        case when random() < 0.4 then '{as_of}'::date - (random() * {days})::int else '{as_of}' end as last_on
        from generate_series(1, {learners}) as l;
    insert into public_staging.int_learner_daily (user_id, active_on, attempts, correct, sessions, items_solved)
    select user_id, day::date, {answers}, (random() * {answers})::int, 1, (random() * {answers})::int from learner
    cross join generate_series('{as_of}'::date - {days} + 1, '{as_of}'::date, interval '1 day') as day
    where random() < chance + 0 * extract(day from day) and day <= last_on;  -- drawn for each day, not each learner
    insert into attempt (id, student_id, user_id, item_id, correct, completed_at, attempt_no, is_first_attempt,
        is_unassisted)
    select row_number() over (), user_id::uuid, user_id, 'item-' || (random() * {items})::int, random() < 0.6,
        active_on + interval '12 hours', 1, true, true
    from public_staging.int_learner_daily cross join generate_series(1, {answers});
    insert into public_staging.int_item_first_answers (item_id, student_id, first_answered_on)
    select item_id, (min(student_id::text))::uuid, min(completed_at)::date from attempt group by item_id;
    insert into public_staging.int_kpi_core (user_id, week_start, as_of, a_t, e_t, r_t)
    select user_id, monday::date, monday::date + 6, least(1, chance * 3 * random()),
        case when random() < 0.6 then random() end, case when random() < 0.7 then random() end
    from learner cross join generate_series(date_trunc('week', '{as_of}'::date - {days}), '{as_of}', interval '7 days')
        as monday"""


class Memory:
    """The highest memory of some processes and their children, in MB, while the block runs."""

    def __init__(self, *pids: int) -> None:
        """Watch `pids`."""
        self.pids, self.peak, self.over = pids, 0.0, threading.Event()

    def __enter__(self) -> Memory:
        """Start watching."""
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.5):
            roots = map(psutil.Process, self.pids)
            below = {process for root in roots for process in (root, *root.children(recursive=True))}
            self.peak = max(self.peak, sum(map(_proportional, below)) / 2**20)


def _proportional(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # it ended after it was listed
        return 0.0


def fill(pipeline: Pipeline, learners: int, weeks: int) -> None:
    """Write the learners' days, answers and weeks."""
    pipeline.init()
    pipeline.build("empty warehouse", ("--select", "+exposure:survival"), AS_OF)
    with connect(pipeline.database_url) as connection:
        connection.execute("select setseed(0.5)")
        connection.execute(DAYS.format(as_of=AS_OF, days=7 * weeks, learners=learners, answers=ANSWERS_A_DAY,
                                       items=ITEMS))
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


def measure(pipeline: Pipeline) -> list[object]:
    """Build the inputs and fit; return the line of the table."""
    start = time.monotonic()
    pipeline.dbt(AS_OF).build(*INPUTS, "--exclude-resource-type", "test", *NO_UNIT_TESTS, quiet=True)
    built = time.monotonic() - start
    fit = pipeline.dbt(AS_OF).parse().fit("survival")
    pipeline.stack.services.address("forecast")
    runner = psutil.Process().pid
    with Memory(pipeline.stack.services.running()["forecast"].pid, runner) as memory:
        start = time.monotonic()
        outcome = pipeline.fit(fit, AS_OF)
        seconds = time.monotonic() - start
    log = [json.loads(line) for line in pipeline.stack.services.log_file("forecast").read_text().splitlines()]
    service = [line["seconds"] for line in log if line.get("event") == "fit finished"][-1]
    with connect(pipeline.database_url) as connection:
        gaps = connection.execute("select n from survival_fit_meta where run_id = %s", [outcome.run_id]).fetchone()[0]
    return [outcome.status, outcome.rows_in, gaps, outcome.rows_out, round(built, 1), round(seconds, 1),
            round(float(service), 1), round(memory.peak)]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--weeks", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""))
        try:
            fill(pipeline, options.learners, options.weeks)
            line = measure(pipeline)
        finally:
            pipeline.stack.down()
    terminal.out.print(machine.describe())
    terminal.print_table("survival, Postgres to Postgres", ["status", "rows in", "gaps fitted", "rows out", "inputs s",
                        "fit s", "of which service s", "memory MB"], [line])


if __name__ == "__main__":
    main()
