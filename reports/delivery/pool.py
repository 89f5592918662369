"""Makes and delivers reports in processes of their own: each is handed one record at a time and nothing of another.

Records stream in and results stream out; only a few are on the way at any time. One that fails is told, the others go
on.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from multiprocessing.util import Finalize

from python_models.errors import DreamseedError
from reports.delivery.ledger import Artifact
from reports.delivery.pdf import Printer, PrintError
from reports.delivery.sinks import Sink, key_of
from reports.pages import render
from reports.sources.class_records import ClassRecord
from reports.sources.records import LearnerRecord, School

AHEAD = 4  # records on the way for each process


Record = LearnerRecord | ClassRecord


@dataclass(frozen=True)
class Order:
    """What every report of a job shares."""

    school: School
    sink: Sink
    forms: Sequence[str]  # html, pdf
    languages: Sequence[str]


@dataclass(frozen=True)
class Result:
    """What became of one record: the files delivered, and the line that says why others were not."""

    owner: tuple[str, str]
    delivered: tuple[Artifact, ...]
    error: str = ""


def produce(records: Iterable[Record], order: Order, processes: int) -> Iterator[Result]:
    """Make and deliver a report of each record; yield results as they come. Raises DreamseedError if a process dies."""
    # Not forked: the chart engine's threads would not survive it.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(order,)) as pool:
        waiting: dict[Future[tuple[Artifact, ...]], Record] = {}
        try:
            for record in records:
                waiting[pool.submit(_make, record)] = record
                if len(waiting) >= AHEAD * processes:
                    yield from _ended(waiting)
            while waiting:
                yield from _ended(waiting)
        except BrokenProcessPool as error:
            raise DreamseedError("A process that makes reports was killed, most likely for want of memory.",
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
        else:  # whatever it was, it is told with its learner and makes the job fail; the others are not to suffer
            yield Result(record.owner, (), f"{type(error).__name__}: {error}")


class PartlyDelivered(DreamseedError):  # noqa: N818 - it carries what went well
    """A file could not be delivered; `delivered` were."""

    def __init__(self, message: str, delivered: tuple[Artifact, ...]) -> None:
        """Hold what went well beside the line."""
        super().__init__(message)
        self.delivered = delivered

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Cross from one process to another with all of it."""
        return type(self), (self.message, self.delivered)


class _Press:
    """One process's own: the order, and a browser once a PDF is asked for."""

    order: Order
    printer: Printer | None = None


def _begin(order: Order) -> None:
    _Press.order = order
    Finalize(None, _stop_printer, exitpriority=10)


def _make(record: Record) -> tuple[Artifact, ...]:
    order, (kind, owner) = _Press.order, record.owner
    page = render.page(record, order.school, order.languages)
    delivered: list[Artifact] = []
    for form in order.forms:
        try:
            content = page.encode() if form == "html" else _print(page, owner, record.week.start)
            url = order.sink.put(key_of(owner, record.week, form, kind), content, form)
        except DreamseedError as error:
            raise PartlyDelivered(str(error), tuple(delivered)) from error
        delivered.append(Artifact(kind, owner, record.week.start, form, url))
    return tuple(delivered)


def _print(page: str, owner: str, week: date) -> bytes:
    footer = FOOTER.format(owner=render.text(owner), week=week)
    try:
        return _printer().print(page, footer)
    except PrintError:  # a browser that died takes no other learner's report with it: once more, with a new one
        _stop_printer()
        return _printer().print(page, footer)


def _printer() -> Printer:
    """Return this process's browser, started when it is first asked for."""
    _Press.printer = _Press.printer or Printer()
    return _Press.printer


def _stop_printer() -> None:
    if _Press.printer is not None:
        _Press.printer.close()
        _Press.printer = None


FOOTER = """<div style="font-size: 7pt; width: 100%; margin: 0 14mm; display: flex; justify-content: space-between">
<span>{owner} · {week}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>"""
