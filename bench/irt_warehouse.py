"""Measure seconds of an irt fit from Postgres to Postgres: 2M answers of 50,000 learners to 2,000 items.

    .venv/bin/python bench/irt_warehouse.py [--learners 50000] [--answers 40]

The answers cover 12 weeks and 20 topics. A 2PL with known parameters writes them into `attempt`. Two parts are timed:
dbt's inputs of the fit, and the fit (COPY out, service, gates, COPY in, one transaction), as founding run and, a day
later, with the bank of the founding run. "service" is the time that the service logs for the second part.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import machine

from orchestration import terminal
from orchestration.jobs.pipeline import NO_UNIT_TESTS, Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect

AS_OF = date(2026, 6, 28)
ITEMS, TOPICS, WEEKS = 2_000, 20, 12
INPUTS = ("--select", "irt_input__anchors", "int_irt_answers", "irt_input", "irt_exclusions")

# Normal numbers by Box and Muller. 47 and 2,000 have no common factor, so no learner gets an item twice.
ANSWERS = """
    create table item_truth as select i, exp(0.3 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) as a,
        sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) as b from generate_series(0, {items} - 1) as i;
    create table learner_truth as select l, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) as theta
        from generate_series(1, {learners}) as l;
    insert into attempt (id, student_id, user_id, item_id, topic_id, correct, completed_at, response_time_ms,
        attempt_no, is_first_attempt, is_unassisted)
    select l * 1000::bigint + k, md5(l::text)::uuid, md5(l::text)::uuid::text, 'item-' || i, 'topic-' || i % {topics},
        random() < 1 / (1 + exp(-a * (theta - b))),
        '{as_of} 12:00Z'::timestamptz - interval '1 day' * (7 * {weeks} - 1) * random(), 5000, 1, true, true
    from learner_truth
    cross join generate_series(1, {answers}) as k
    join item_truth on i = (l * 7919::bigint + k * 47) % {items}"""


def service_seconds(pipeline: Pipeline) -> float:
    """Return the seconds of the last fit in the service's log."""
    lines = [json.loads(line) for line in pipeline.stack.services.log_file("irt").read_text().splitlines()]
    return float([line["seconds"] for line in lines if line.get("event") == "fit finished"][-1])


def measure(pipeline: Pipeline, name: str, as_of: date) -> list[object]:
    """Build the inputs as of a day and fit; return a line of the table."""
    start = time.monotonic()
    pipeline.dbt(as_of).build(*INPUTS, "--exclude-resource-type", "test", *NO_UNIT_TESTS, quiet=True)
    built = time.monotonic() - start
    fit = pipeline.dbt(as_of).parse().fit("irt")
    pipeline.stack.services.address("irt")
    start = time.monotonic()
    outcome = pipeline.fit(fit, as_of)
    seconds = time.monotonic() - start
    with connect(pipeline.database_url) as connection:
        metrics, recovery = connection.execute("""
            select metrics, (select corr((params ->> 'b')::float, b) from mirt_item_params as found
                join item_truth on item_id = 'item-' || i where found.run_id = meta.run_id)
            from mirt_fit_meta as meta where run_id = %s""", [outcome.run_id]).fetchone()
    return [name, outcome.status, outcome.rows_in, outcome.rows_out, metrics["iterations"], round(built, 1),
            round(seconds, 1), round(service_seconds(pipeline), 1), round(recovery, 4)]


def main() -> None:
    """Print one table: the founding run and the next day's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=50_000)
    parser.add_argument("--answers", type=int, default=40, help="answers of each learner")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url="", mirt_lookback_days=84))
        try:
            pipeline.init()
            pipeline.build("empty warehouse", ("--select", "+exposure:irt", "+irt_exclusions"), AS_OF)
            with connect(pipeline.database_url) as connection:
                connection.execute("select setseed(0.5)")
                connection.execute(ANSWERS.format(items=ITEMS, topics=TOPICS, weeks=WEEKS, as_of=AS_OF,
                                                  learners=options.learners, answers=options.answers))
                connection.commit()
                connection.autocommit = True
                connection.execute("vacuum analyze attempt")
            lines = [measure(pipeline, "founding run", AS_OF),
                     measure(pipeline, "next day, with the bank", AS_OF + timedelta(days=1))]
        finally:
            pipeline.stack.down()
    terminal.out.print(machine.describe())
    terminal.print_table("irt, Postgres to Postgres", ["run", "status", "rows in", "rows out", "iterations",
                        "inputs s", "fit s", "of which service s", "correlation of b"], lines)


if __name__ == "__main__":
    main()
