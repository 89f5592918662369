"""The command that writes the weekly reports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from orchestration.cli.documents import json_option, show
from orchestration.cli.options import DAY, choices, example, pass_settings, yesterday
from python_models.errors import DreamseedError, UsageError
from reports.pages.words import LANGUAGES

if TYPE_CHECKING:
    from orchestration.jobs.reports import Delivery
    from orchestration.settings import Settings
    from reports.delivery import ledger, sinks
    from reports.sources.records import Week

LISTED = 20  # files and failures that are shown
LINK_SECONDS = 24 * 3600


@click.command(epilog=example("report --week 2017-12-31 --user 17 --user 42 --format html,pdf --lang ko,en"))
@click.option("--week", "day", type=DAY, default=None, show_default="the last complete ISO week",
              help="Any day of the week to report on.")
@click.option("--user", "users", multiple=True, help="A learner; may be given several times.")
@click.option("--class", "classroom", help="A class: the teacher's report, and those of its learners.")
@click.option("--all", "everyone", is_flag=True, help="Every learner of the week, and every class.")
@click.option("--brief", is_flag=True, help="Learners' short version for the family: one page, also as a mail.")
@click.option("--format", "forms", type=choices("html", "pdf", "eml", "txt"), default="html", show_default=True,
              help="One or several: html,pdf; with --brief also a mail (eml) and its text (txt).")
@click.option("--lang", "languages", type=choices(*LANGUAGES), default="en", show_default=True,
              help="A language, or several, one after the other in one file: ko,en.")
@click.option("--uri", help="A folder or s3://bucket/prefix; default REPORT_URI, else reports/ in the home.")
@click.option("--links", is_flag=True, help="Print links to the files that expire after a day.")
@click.option("--processes", type=click.IntRange(1, 256), default=lambda: os.cpu_count() or 1,
              show_default="one per core", help="How many reports are made at the same time.")
@json_option
@pass_settings
def report(settings: Settings, day: date | None, users: tuple[str, ...], classroom: str | None, everyone: bool,
           brief: bool, forms: Sequence[str], languages: Sequence[str], uri: str | None, links: bool,
           processes: int) -> None:
    """Write the weekly reports of learners and classes. They are delivered to a folder or to S3.

    A class has no short version: --brief with --class writes those of its learners.
    """
    if sum((bool(users), classroom is not None, everyone)) != 1:
        raise UsageError("Nobody is named whose reports to write.",
                         "give one of --user ID (as often as needed), --class ID, --all.")
    if not brief and {"eml", "txt"} & set(forms):
        raise UsageError("Only the short version is a mail or a text.", "add --brief, or use --format html,pdf.")
    from orchestration import terminal
    from orchestration.jobs.reports import Order, deliver
    from orchestration.stack.stack import Stack
    from reports.delivery import pdf, sinks

    week = _week(day)
    sink = sinks.sink_of(uri or settings.report_uri or str(settings.home))
    sink.check()
    if "pdf" in forms:
        pdf.browser_path()
    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    order = Order(week, users, classroom, forms, languages, processes, brief)
    with terminal.job() as counts:
        with terminal.job_progress("reports") as bar:
            def count(done: Delivery, total: int) -> None:
                counts["processed"] = done.n_owners
                bar({"progress": {"stage": f"{done.n_owners:,} of {total:,}", "done": done.n_owners, "total": total}})

            done = deliver(warehouse, sink, order, count, lambda files: _print_links(sink, files) if links else None)
        counts["failed"] = len(done.failed)
        show(lambda: _record(done), lambda: _print_delivery(done))
    if done.failed:
        listed = f" (the first {LISTED} are listed)" if len(done.failed) > LISTED else ""
        raise DreamseedError(f"Not delivered: {len(done.failed):,}{listed}.",
                             "fix what the list names and run the same command again; delivered reports are replaced.")


def _week(day: date | None) -> Week:
    from reports.sources.records import Week

    if day is None:
        return Week.of(yesterday() - timedelta(days=6))
    week = Week.of(day)
    if week.sunday > yesterday():
        raise UsageError(f"The week of {week.start} is not complete.", "choose an earlier --week.")
    return week


def _print_links(sink: sinks.Sink, delivered: Sequence[ledger.Artifact]) -> None:
    for artifact in delivered:
        print(artifact.owner, artifact.form, sink.link(artifact.url, LINK_SECONDS), sep="\t")


def _record(done: Delivery) -> dict[str, object]:
    return {"place": done.place, "files": [vars(file) for file in done.files],
            "not_delivered": [{"whose": whose, "why": why} for whose, why in done.failed]}


def _print_delivery(done: Delivery) -> None:
    """Show how many files are where, the first of them, and who has none and why."""
    from orchestration import terminal

    terminal.out.print(f"Files: {len(done.files):,} in {done.place}", markup=False)
    for file in sorted(done.files, key=lambda file: file.kind)[:LISTED]:  # classes first
        terminal.out.print(f"  {file.url}", markup=False)
    if len(done.files) > LISTED:
        terminal.out.print(f"  and {len(done.files) - LISTED:,} more", markup=False)
    if done.failed:
        terminal.print_table("Not delivered", ["whose", "why"], done.failed[:LISTED])
