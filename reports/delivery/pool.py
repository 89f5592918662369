"""Renders and delivers reports in worker processes: a worker gets one record at a time and nothing about others.

Records stream in and results stream out; only a few are on the way at any time. A record that fails is reported with
its learner, and the others go on.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing.util import Finalize

from python_models.errors import DreamseedError
from reports.delivery import mail
from reports.delivery.ledger import Artifact
from reports.delivery.pdf import Printer, PrintError
from reports.delivery.sinks import Sink, key_of
from reports.pages import render
from reports.pages.foreign import text
from reports.sources.class_records import ClassRecord
from reports.sources.records import LearnerRecord, School

AHEAD = 4  # records on the way for each process
PAGES = 2  # of a learner's week in one language, when printed


Record = LearnerRecord | ClassRecord


@dataclass(frozen=True)
class RenderJob:
    """What all reports of one run share."""

    school: School
    sink: Sink
    forms: Sequence[str]  # html, pdf; of the short version also eml, txt
    languages: Sequence[str]
    is_brief: bool = False  # the family's short version of learners' reports


@dataclass(frozen=True)
class Result:
    """The outcome of one record: the files delivered, and a line that says why others were not."""

    owner: tuple[str, str]
    delivered: tuple[Artifact, ...]
    error: str = ""


def render_all(records: Iterable[Record], job: RenderJob, processes: int) -> Iterator[Result]:
    """Render and deliver a report of each record; yield results as they come.

    Raises DreamseedError if a worker dies.
    """
    # Not forked: the chart engine's threads would not survive it.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_start_worker, initargs=(job,)) as pool:
        waiting: dict[Future[tuple[Artifact, ...]], Record] = {}
        try:
            for record in records:
                waiting[pool.submit(_render, record)] = record
                if len(waiting) >= AHEAD * processes:
                    yield from _ended(waiting)
            while waiting:
                yield from _ended(waiting)
        except BrokenProcessPool as error:
            raise DreamseedError("A process that renders reports was killed, most likely because memory ran out.",
                                 "give the job more memory or fewer --processes, then run it again.") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _ended(waiting: dict[Future[tuple[Artifact, ...]], Record]) -> Iterator[Result]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        record = waiting.pop(future)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            raise error
        if error is None:
            yield Result(record.owner, future.result())
        elif isinstance(error, PartlyDelivered):
            yield Result(record.owner, error.delivered, str(error))
        else:  # any error is reported with its learner and fails the job at its end; the others go on
            yield Result(record.owner, (), f"{type(error).__name__}: {error}")


class PartlyDelivered(DreamseedError):  # noqa: N818 - it carries what was delivered
    """A file could not be delivered; `delivered` were."""

    def __init__(self, message: str, delivered: tuple[Artifact, ...]) -> None:
        """Keep the files that were delivered beside the message."""
        super().__init__(message)
        self.delivered = delivered

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Let it cross from one process to another with both."""
        return type(self), (self.message, self.delivered)


class _Worker:
    """The state of one worker process: the job, and a browser once a PDF is needed."""

    job: RenderJob
    printer: Printer | None = None


def _start_worker(job: RenderJob) -> None:
    _Worker.job = job
    Finalize(None, _stop_printer, exitpriority=10)


def _render(record: Record) -> tuple[Artifact, ...]:
    job, (kind, owner) = _Worker.job, record.owner
    makers = _makers(record, job)
    delivered: list[Artifact] = []
    for form in job.forms:
        try:
            key = key_of(owner, record.week, form, kind, "brief" if job.is_brief else "report")
            url = job.sink.put(key, makers[form](), form)
        except DreamseedError as error:
            raise PartlyDelivered(str(error), tuple(delivered)) from error
        delivered.append(Artifact(kind, owner, record.week.start, f"brief.{form}" if job.is_brief else form, url))
    return tuple(delivered)


def _makers(record: Record, job: RenderJob) -> Mapping[str, Callable[[], bytes]]:
    """Return for each form what makes its file: all from one page."""
    if not job.is_brief:
        page = render.page(record, job.school, job.languages)
        most = None if isinstance(record, ClassRecord) else PAGES * len(job.languages)
        return {"html": page.encode, "pdf": partial(_print, page, record.owner[1], record.week.start, most)}
    if isinstance(record, ClassRecord):
        raise TypeError("A class has no short version.")
    brief = render.brief(record, job.school, job.languages)
    return {"html": brief.html.encode, "txt": brief.text.encode, "eml": partial(mail.message, brief, job.languages[0]),
            "pdf": partial(_print, brief.html, record.owner[1], record.week.start, 1)}


def _print(page: str, owner: str, week: date, most: int | None = None) -> bytes:
    footer = FOOTER.format(owner=text(owner), week=week)
    try:
        return _printer().print(page, footer, most)
    except PrintError:  # a browser that died must not cost this learner the report: try once more with a new one
        _stop_printer()
        return _printer().print(page, footer, most)


def _printer() -> Printer:
    """Return this process's browser; the first call starts it."""
    _Worker.printer = _Worker.printer or Printer()
    return _Worker.printer


def _stop_printer() -> None:
    if _Worker.printer is not None:
        _Worker.printer.close()
        _Worker.printer = None


FOOTER = """<div style="font-size: 7pt; width: 100%; margin: 0 14mm; display: flex; justify-content: space-between">
<span>{owner} · {week}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>"""
