"""The command that writes the weekly reports."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import DAY, choices, example, pass_settings, yesterday
from python_models.errors import DreamseedError, UsageError
from reports.pages.words import LANGUAGES

if TYPE_CHECKING:
    from orchestration.settings import Settings
    from python_models.warehouse.connection import Warehouse
    from reports.delivery import ledger, pool, sinks
    from reports.sources.records import Week

LISTED = 20  # failures shown in the table
LINK_SECONDS = 24 * 3600


@click.command(epilog=example("report --week 2017-12-31 --user 17 --user 42 --format html,pdf --lang ko,en"))
@click.option("--week", "day", type=DAY, default=None, show_default="the last complete ISO week",
              help="Any day of the week to report on.")
@click.option("--user", "users", multiple=True, help="A learner; may be given several times.")
@click.option("--class", "classroom", help="A class: the teacher's report, and those of its learners.")
@click.option("--all", "everyone", is_flag=True, help="Every learner of the week, and every class.")
@click.option("--format", "forms", type=choices("html", "pdf"), default="html", show_default=True,
              help="html, pdf, or both: html,pdf.")
@click.option("--lang", "languages", type=choices(*LANGUAGES), default="en", show_default=True,
              help="A language, or several, one after the other in one file: ko,en.")
@click.option("--uri", help="A folder or s3://bucket/prefix; default REPORT_URI, else reports/ in the home.")
@click.option("--links", is_flag=True, help="Print links to the files that expire after a day.")
@click.option("--processes", type=click.IntRange(1, 256), default=lambda: os.cpu_count() or 1,
              show_default="one per core")
@pass_settings
def report(settings: Settings, day: date | None, users: tuple[str, ...], classroom: str | None, everyone: bool,
           forms: Sequence[str], languages: Sequence[str], uri: str | None, links: bool, processes: int) -> None:
    """Write the weekly reports of learners and classes. They are delivered to a folder or to S3."""
    if sum((bool(users), classroom is not None, everyone)) != 1:
        raise UsageError("Whose reports?", "give one of --user ID (as often as needed), --class ID, --all.")
    from orchestration import terminal
    from orchestration.stack.stack import Stack
    from reports.delivery import pdf, pool, sinks
    from reports.sources import reader

    week = _week(day)
    sink = sinks.sink_of(uri or settings.report_uri or str(settings.home))
    sink.check()
    if "pdf" in forms:
        pdf.browser_path()
    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    with terminal.job() as counts, \
            reader.reader(warehouse.url, warehouse.schema, week, users or None, classroom) as read:
        job = pool.RenderJob(read.school, sink, forms, languages)
        results = pool.render_all(read.records(with_classes=not users), job, processes)
        known = set(read.learners)
        failed = [(user, f"has no row in the week of {week.start}") for user in users if user not in known]
        failed += _deliver(warehouse, results, read.size(with_classes=not users), sink if links else None, counts)
        counts["failed"] = len(failed)
    if failed:
        _raise_failures(failed)


def _week(day: date | None) -> Week:
    from reports.sources.records import Week

    if day is None:
        return Week.of(yesterday() - timedelta(days=6))
    week = Week.of(day)
    if week.sunday > yesterday():
        raise UsageError(f"The week of {week.start} is not complete.", "choose an earlier --week.")
    return week


def _deliver(warehouse: Warehouse, results: Iterable[pool.Result], size: int, linking: sinks.Sink | None,
             counts: dict[str, int]) -> list[tuple[str, str]]:
    """Record deliveries in the ledger, count them, print links; return who failed and why."""
    from orchestration import terminal
    from reports.delivery import ledger

    failed = []
    with warehouse.connect() as connection, \
            terminal.progress_bar("reports", total=size) as advance:
        for done, result in enumerate(results, start=1):
            ledger.record(connection, result.delivered)
            if linking:
                _print_links(linking, result.delivered)
            if result.error:
                failed.append((result.owner[1], result.error))
            counts["processed"] = done - len(failed)
            advance(done)
    return failed


def _print_links(sink: sinks.Sink, delivered: Sequence[ledger.Artifact]) -> None:
    for artifact in delivered:
        print(artifact.owner, artifact.form, sink.link(artifact.url, LINK_SECONDS), sep="\t")


def _raise_failures(failed: Sequence[tuple[str, str]]) -> None:
    from orchestration import terminal

    terminal.print_table("Not delivered", ["whose", "why"], failed[:LISTED])
    listed = f" (the first {LISTED} are listed)" if len(failed) > LISTED else ""
    raise DreamseedError(f"Not delivered: {len(failed):,}{listed}.",
                         "fix what the list names and run the same command again; delivered reports are replaced.")
