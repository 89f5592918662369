"""Measure what a reader meets while a whole job runs: errors, waits, and rows that are not of one release.

    .venv/bin/python bench/release_readers.py [--learners 600] [--weeks 20]

A small school is run once. Then a reader asks for one released mart after the other, a question every 20 ms, while the
whole job runs again as of a week later. Each question reads the release that is shown and a hash of the mart's rows, in
one transaction: two hashes of one mart under one release are a mixture. At the end the release is withdrawn.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import machine
import psycopg
from psycopg import sql

from orchestration import terminal
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse import releases, schemas
from python_models.warehouse.connection import Warehouse, connect
from simulated_school import School, simulate

AS_OF = date(2026, 6, 28)
PAUSE_SECONDS = 0.02
BLOCKED = "set local lock_timeout = '1s'"  # a read that waits so long for a lock counts as blocked, not a slow one
FACTS = {"attempt", "report_solved", "report_bank_item"}  # read as they are (docs/adr/0020-releases.md)
CONTENT = "select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {} as t"
MARTS = "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'v' order by 1"


@dataclass
class Seen:
    """What the reader met; hashes by mart and release."""

    polls: int = 0
    errors: list[str] = field(default_factory=list)
    slowest: float = 0.0
    blocked: int = 0
    hashes: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))

    def mixtures(self) -> int:
        """Return how many marts had more than one content under one release."""
        return sum(len(found) > 1 for (mart, _), found in self.hashes.items() if mart not in FACTS)


def poll(warehouse: Warehouse, seen: Seen, done: threading.Event) -> None:
    """Ask until `done` is set."""
    with connect(warehouse.url) as connection:
        marts = [str(name) for name, in connection.execute(MARTS, [schemas.released(warehouse.schema)])]
    for mart in itertools.cycle(marts):
        if done.wait(PAUSE_SECONDS):
            return
        start = time.monotonic()
        try:
            with warehouse.connect_released() as connection:
                connection.execute(BLOCKED)
                release = releases.require_shown(connection)
                content = connection.execute(sql.SQL(CONTENT).format(sql.Identifier(mart))).fetchone()
            seen.hashes[mart, release.release_id].add(str(content))
        except psycopg.errors.LockNotAvailable:
            seen.blocked += 1
        except psycopg.Error as error:
            seen.errors.append(f"{mart}: {error}")
        seen.polls, seen.slowest = seen.polls + 1, max(seen.slowest, time.monotonic() - start)


def measure(pipeline: Pipeline, school: School) -> list[list[object]]:
    """Run the job twice, the second time with a reader; return the lines of the table."""
    pipeline.init()
    with connect(pipeline.database_url) as connection:
        simulate(connection, school)
    pipeline.run((), school.as_of - timedelta(days=7))
    seen, done = Seen(), threading.Event()
    asking = threading.Thread(target=poll, args=(pipeline.warehouse, seen, done))
    asking.start()
    start = time.monotonic()
    try:
        pipeline.run((), school.as_of)
        job_seconds = time.monotonic() - start
        time.sleep(100 * PAUSE_SECONDS)  # every mart of the new release is asked for
    finally:
        done.set()
        asking.join()
    start = time.monotonic()
    releases.roll_back(pipeline.warehouse, pipeline.settings.lock_wait_secs)
    rollback_seconds = time.monotonic() - start
    publish_seconds = [round(step.seconds, 2) for step in pipeline.steps if step.name == "release"]
    return [["job with the reader, s", round(job_seconds, 1)], ["polls", seen.polls],
            ["errors", "; ".join(seen.errors[:3]) or 0], ["reads that waited 1 s for a lock", seen.blocked],
            ["slowest read, s (a hash of all rows)", round(seen.slowest, 3)], ["marts with a mixture", seen.mixtures()],
            ["first and next release, s", ", ".join(map(str, publish_seconds))],
            ["rollback, s", round(rollback_seconds, 3)]]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=600)
    parser.add_argument("--weeks", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""))
        try:
            pipeline.stack.up()
            lines = measure(pipeline, School(arguments.learners, arguments.weeks, seed=3, as_of=AS_OF))
        finally:
            pipeline.stack.down()
    terminal.out.print(machine.describe())
    terminal.print_table("A reader during a job", ["measure", "value"], lines)


if __name__ == "__main__":
    main()
