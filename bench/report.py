"""Measure seconds and memory of weekly reports: 1,000 as HTML, 100 as PDF, from the warehouse to the files.

    .venv/bin/python bench/report.py [--learners 1600] [--html 1000] [--pdf 100] [--processes 2]

A simulated school is built and fitted once. The clock runs for everything that `dreamseed report` does after its start:
the queries of all learners, rendering and drawing in separate processes, the files in a folder, the rows of
`report_artifacts`. Memory is the highest sum of all processes, browsers included.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

import machine
import psutil

from orchestration import terminal
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from reports.delivery import ledger, pool
from reports.delivery.sinks import Folder
from reports.sources import reader
from reports.sources.records import Week
from simulated_school import School, simulate

AS_OF = date(2026, 6, 28)
BARS = {"html": 60, "pdf": 90}  # seconds


@contextmanager
def memory_watched() -> Iterator[list[float]]:
    """Yield a list; at the end its last entry is the highest memory of this process and its children, in MB."""
    seen, ended = [0.0], threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not ended.wait(2):
            held = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    held += process.memory_full_info().uss  # without memory that is shared
                except psutil.Error:
                    continue  # the process has just ended
            seen[0] = max(seen[0], held / 2**20)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def measure(pipeline: Pipeline, form: str, number: int, languages: Sequence[str], processes: int) -> list[object]:
    """Write `number` reports; return a line of the table."""
    with tempfile.TemporaryDirectory() as folder, memory_watched() as memory:
        start = time.monotonic()
        with reader.reader(pipeline.database_url, "public", Week.of(AS_OF)) as read, \
                connect(pipeline.database_url) as connection:
            opened = time.monotonic() - start
            job = pool.RenderJob(read.school, Folder(Path(folder)), [form], languages)
            chosen = islice(read.records(with_classes=False), number)
            sizes = []
            for result in pool.render_all(chosen, job, processes):
                if result.error:
                    raise SystemExit(f"{result.owner[1]}: {result.error}")
                ledger.record(connection, result.delivered)
                sizes.append(len(result.delivered))
        seconds = time.monotonic() - start
        size = sum(file.stat().st_size for file in Path(folder).rglob("report.*")) / max(1, len(sizes)) / 1024
    return [form, ",".join(languages), len(sizes), round(opened, 2), round(seconds, 1), BARS[form], round(size),
            round(memory[0])]


def main() -> None:
    """Print one line per format and language."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=1600)
    parser.add_argument("--html", type=int, default=1000)
    parser.add_argument("--pdf", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url="", metrics_use_bayesian=True))
        try:
            pipeline.init()
            with connect(pipeline.database_url) as connection:
                simulate(connection, School(learners=options.learners, weeks=26, seed=7, as_of=AS_OF))
            pipeline.run((), AS_OF)
            lines = [measure(pipeline, form, number, languages, options.processes)
                     for form, number in (("html", options.html), ("pdf", options.pdf))
                     for languages in (("en",), ("ko", "en"))]
        finally:
            pipeline.stack.down()
    terminal.out.print(machine.describe())
    terminal.print_table(f"Weekly reports by {options.processes} processes",
                        ["format", "languages", "reports", "opened s", "all s", "bar s", "KB each", "most MB"], lines)


if __name__ == "__main__":
    main()
