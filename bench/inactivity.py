"""Measure seconds to score 10,000 idle learners from stored models: both endpoints of `dreamseed detect-inactivity`.

    .venv/bin/python bench/inactivity.py [--learners 10000] [--times 3]

A simulated school is fitted once. Its idle learners are copied under new ids until there are --learners of them. The
clock runs for the part of the job between its builds: COPY out, service, gates, COPY in, one transaction. "service" is
the time that the service logs for its R process, including contributions and curves.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import machine

from orchestration import terminal
from orchestration.graph.plan import plan
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from orchestration.stack.services import short_name
from python_models.fitting.fit import Fit
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

JOB = "detect-inactivity"
AS_OF = date(2026, 6, 28)
BAR_SECONDS = 5  # of the service, both endpoints together

# Every table of a fit's input gets the same copies of the same learners.
COPIES = """
    create temp table kept on commit drop as select * from {table};
    truncate {table};
    insert into {table} ({columns})
    select {selected}
    from (select user_id, row_number() over (order by user_id) as nr, count(*) over () as of
        from (select user_id from {first} group by user_id) as learners) as learners
    cross join generate_series(0, {learners} / 100) as copies (copy)
    join kept using (user_id)
    where nr + copy * of <= {learners}"""


def enlarge(pipeline: Pipeline, fit: Fit, learners: int) -> None:
    """Copy the rows of the inputs of `fit` until they have `learners` learners."""
    tables = sorted(fit.inputs, key=lambda table: table.wire_table, reverse=True)  # `rows` is the largest: first
    with connect(pipeline.database_url) as connection:
        first = f"{tables[0].relation.schema}.{tables[0].relation.name}"
        connection.execute(f"create temp table learner as select distinct user_id from {first}")
        for table in tables:
            selected = [column if column != "user_id" else "user_id || '-' || copy" for column in table.columns]
            for statement in COPIES.format(
                    table=f"{table.relation.schema}.{table.relation.name}", first="learner", learners=learners,
                    columns=", ".join(table.columns), selected=", ".join(selected)).split(";"):
                connection.execute(statement)
            connection.execute("drop table kept")
        connection.commit()


def service_seconds(pipeline: Pipeline, fit: Fit) -> float:
    """Return the seconds of the last job in the service's log."""
    log = pipeline.stack.services.log_file(short_name(fit.service)).read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    return float([line["seconds"] for line in lines if line.get("event") == "fit finished"][-1])


def measure(pipeline: Pipeline, fit: Fit, as_of: date, times: int) -> list[object]:
    """Score `times` times; return a line of the table, with medians."""
    taken, served = [], []
    for _ in range(times):
        start = time.monotonic()
        outcome = pipeline.fit(fit, as_of)
        taken.append(time.monotonic() - start)
        served.append(service_seconds(pipeline, fit))
    return [fit.name, outcome.status, outcome.rows_in, outcome.rows_out, round(statistics.median(taken), 2),
            round(statistics.median(served), 2)]


def main() -> None:
    """Print one line for each of the job's fits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""), force=True)
        try:
            pipeline.init()
            with connect(pipeline.database_url) as connection:
                simulate(connection, School(learners=1500, weeks=26, seed=7, as_of=AS_OF))
            pipeline.run((), AS_OF)
            day = AS_OF + timedelta(days=7)
            pipeline.run((), day, job=JOB)
            manifest = pipeline.dbt(day).parse()
            fits = [manifest.fit(piece.fit) for piece in plan(manifest) if piece.job == JOB]
            for fit in fits:
                enlarge(pipeline, fit, options.learners)
            lines = [measure(pipeline, fit, day, options.times) for fit in fits]
        finally:
            pipeline.stack.down()
    both = round(sum(float(str(line[-1])) for line in lines), 2)
    terminal.out.print(machine.describe())
    terminal.print_table(f"{options.learners:,} idle learners scored; both services: {both} s, the bar is "
                        f"{BAR_SECONDS} s",
                         ["fit", "status", "rows in", "rows out", "all s", "of which service s"], lines)


if __name__ == "__main__":
    main()
