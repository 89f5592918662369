"""Weekly reports from the current release to a folder or S3, with the ledger of what was delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from python_models.warehouse.connection import Warehouse
from reports.delivery import ledger, pool
from reports.delivery.ledger import Artifact
from reports.delivery.sinks import Sink
from reports.sources import reader
from reports.sources.records import Week


@dataclass
class Delivery:
    """What was delivered and where, (whose, why) of what was not; `n_owners` learners and classes have all files."""

    place: str
    files: list[Artifact] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    n_owners: int = 0


@dataclass(frozen=True)
class Order:
    """Which reports to write: of some learners, of a class with its learners, or (neither given) of everybody."""

    week: Week
    users: Sequence[str] = ()
    classroom: str | None = None
    forms: Sequence[str] = ("html",)
    languages: Sequence[str] = ("en",)
    processes: int = 1
    is_brief: bool = False  # the family's short version of learners' reports; classes have none


def deliver(warehouse: Warehouse, sink: Sink, order: Order,
            on_progress: Callable[[Delivery, int], None] = lambda done, total: None,
            on_delivered: Callable[[Sequence[Artifact]], None] = lambda files: None) -> Delivery:
    """Write the reports; a learner or class that fails does not stop the others.

    `on_progress` gets what is done so far, and the number of learners and classes in all. Raises UsageError where the
    release, the week, a learner or a class is not there.
    """
    done = Delivery(sink.place)
    with reader.reader(warehouse.url, warehouse.schema, order.week, order.users or None, order.classroom) as read, \
            warehouse.connect() as connection:
        known = set(read.learners)
        done.failed = [(user, f"has no row in the week of {order.week.start}")
                       for user in order.users if user not in known]
        with_classes = not order.users and not order.is_brief
        job = pool.RenderJob(read.school, sink, order.forms, order.languages, order.is_brief)
        total = read.size(with_classes=with_classes)
        for result in pool.render_all(read.records(with_classes=with_classes), job, order.processes):
            ledger.record(connection, result.delivered)
            done.files += result.delivered
            on_delivered(result.delivered)
            if result.error:
                done.failed.append((result.owner[1], result.error))
            done.n_owners += not result.error
            on_progress(done, total)
    return done
