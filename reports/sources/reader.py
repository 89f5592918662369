"""Reads the rows of all chosen learners in a few queries and returns them one learner at a time.

One transaction sees one release. Each query streams, ordered by learner, so memory does not grow with
the number of learners. All joins are done by dbt, in dbt_project/models/reports: here rows are only selected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from python_models.errors import UsageError
from python_models.warehouse import releases
from python_models.warehouse.connection import Connection, Warehouse
from reports.sources import records
from reports.sources.class_records import ClassRecord, Member
from reports.sources.records import Bank, LearnerRecord, ReviewItem, School, Week

BATCH = 5_000  # rows that a stream holds


@dataclass(frozen=True)
class Part:
    """A part of a record: the model that holds it, the class of its rows, and how they are ordered."""

    model: str
    row: type
    order: Sequence[str] = ("user_id",)


LEARNER_PARTS = {
    "kpis": Part("report_kpi", records.KpiWeek, ("user_id", "week_start")),
    "abilities": Part("report_ability", records.AbilityWeek, ("user_id", "week_start")),
    "levels": Part("report_level", records.Level),
    "growth": Part("report_growth", records.Growth),
    "topics": Part("report_topic", records.TopicWork, ("user_id", "topic_id")),
    "days": Part("report_day", records.Day, ("user_id", "active_on")),
    "goals": Part("report_goal", records.Goal, ("user_id", "priority desc nulls last", "topic_id")),
    "solved": Part("report_solved", records.Solved),
    "segments": Part("report_segment", records.Segment)}
MEMBERS = Part("report_class_member", Member, ("classroom_id", "user_id"))
REVIEW = Part("report_review_item", ReviewItem, ("is_drifting desc", "abs(effect_size) desc nulls last", "item_id"))
CLASS_COLUMNS = ("classroom_id", "name", "grade")
SCHOOL_COLUMNS = ("as_of", "topic_spread", "is_bank_current", "closed_until")
BANK_COLUMNS = ("item_id", "topic_id", "content", "a", "b", "c")
MODELS = ("report_learner", "report_school", "report_run", "report_bank_item", "report_class", "report_seat",
          *(part.model for part in (*LEARNER_PARTS.values(), MEMBERS, REVIEW)))


@dataclass(frozen=True)
class Reader:
    """A warehouse as one week's Sunday knew it: the `school`, the chosen `learners` in its order, and their classes."""

    connection: Connection
    school: School
    learners: list[str]
    class_ids: list[str]

    def size(self, with_classes: bool = True) -> int:
        """Return the number of records to come."""
        return len(self.learners) + (len(self.class_ids) if with_classes else 0)

    def records(self, with_classes: bool = True) -> Iterator[LearnerRecord | ClassRecord]:
        """Yield one record per chosen learner, ordered by user_id; then, if wanted, one per class."""
        streams = {name: _Stream(self._rows(part, "user_id", self.learners), "user_id")
                   for name, part in LEARNER_PARTS.items()}
        for user_id in self.learners:
            rows = {name: stream.take(user_id) for name, stream in streams.items()}
            yield LearnerRecord(user_id, self.school.week, **rows)
        if with_classes:
            yield from self._classes()

    def _classes(self) -> Iterator[ClassRecord]:
        members = _Stream(self._rows(MEMBERS, "classroom_id", self.class_ids), "classroom_id")
        named = {row["classroom_id"]: row for row in _read(self.connection, "report_class", CLASS_COLUMNS)}
        unnamed: Mapping[str, Any] = dict.fromkeys(CLASS_COLUMNS)
        while members.head is not None:
            classroom_id = members.head.classroom_id
            known = named.get(classroom_id, unnamed)
            yield ClassRecord(classroom_id, known["name"], known["grade"], self.school.week,
                              members.take(classroom_id))

    def _rows(self, part: Part, key: str, owners: Sequence[str]) -> Iterator[Any]:
        filters = {"report_week": self.school.week.start, key: list(owners)}
        # A server-side cursor: the server keeps the rows, the client holds BATCH of them.
        cursor: psycopg.ServerCursor[Any] = self.connection.cursor(part.model, row_factory=class_row(part.row))
        with cursor:
            cursor.itersize = BATCH
            yield from cursor.execute(select(part.model, _columns(part.row), filters, part.order), filters)


@contextmanager
def reader(url: str, schema: str, week: Week, users: Sequence[str] | None = None,
           classroom: str | None = None) -> Iterator[Reader]:
    """Open the current release for `week`: all learners with a row in `weekly_kpi`, those in `users`, or of a class.

    A class has all its learners, also those without such a row. Raises UsageError when there is no release, the week
    was never built, or a class asked for is not in it.
    """
    with Warehouse(url, schema).connect_released() as connection:
        release = releases.require_shown(connection)
        shared = _require_week(connection, week)
        filters: dict[str, object] = {"report_week": week.start}
        filters |= {"user_id": list(users)} if users is not None else {}
        filters |= {"classroom_id": classroom} if classroom is not None else {}
        found = _read(connection, "report_learner", ("user_id", "classroom_id"), filters, ("user_id",))
        class_ids = {str(row["classroom_id"]) for row in found if row["classroom_id"] is not None}
        if classroom is not None:
            class_ids = _require_class(connection, week, classroom)
        yield Reader(connection, _school(connection, week, shared, release.release_id),
                     [str(row["user_id"]) for row in found], sorted(class_ids))


def select(model: str, columns: Sequence[str], filters: Mapping[str, object] | None = None,
           order: Sequence[str] = ()) -> sql.Composed:
    """Return the statement that reads `columns` of a `model`, where each filter's column is its value or in its list.

    Values are bound under the columns' names. `order` holds columns or expressions; both come from the code.
    """
    tests = [sql.SQL("{} = any({})" if isinstance(value, list) else "{} = {}").format(
        sql.Identifier(column), sql.Placeholder(column)) for column, value in (filters or {}).items()]
    return sql.SQL("select {} from {}{}{}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(model),
        sql.SQL(" where {}").format(sql.SQL(" and ").join(tests)) if tests else sql.SQL(""),
        sql.SQL(" order by {}").format(sql.SQL(", ").join(map(sql.SQL, order))) if order else sql.SQL(""))


class _Stream:
    """Rows ordered by `key`, taken one owner after the other."""

    def __init__(self, rows: Iterator[Any], key: str) -> None:
        self.rows, self.key = rows, key
        self.head: Any = next(rows, None)

    def take(self, owner: str) -> tuple[Any, ...]:
        """Return the owner's rows; owners must be asked for in the rows' order."""
        taken = []
        while self.head is not None and getattr(self.head, self.key) == owner:
            taken.append(self.head)
            self.head = next(self.rows, None)
        return tuple(taken)


def _columns(row: type) -> list[str]:
    return [column.name for column in fields(row)]


def _read(connection: Connection, model: str, columns: Sequence[str], filters: Mapping[str, object] | None = None,
          order: Sequence[str] = ()) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(select(model, columns, filters, order), filters).fetchall()


def _school(connection: Connection, week: Week, shared: Mapping[str, Any], release_id: int) -> School:
    filters = {"report_week": week.start}

    def rows(part: Part) -> tuple[Any, ...]:
        return tuple(part.row(**row) for row in _read(connection, part.model, _columns(part.row), filters, part.order))

    runs = {str(run["fit"]): run["run_as_of"]
            for run in _read(connection, "report_run", ("fit", "run_as_of"), filters)}
    items = _read(connection, "report_bank_item", BANK_COLUMNS, filters, ("item_id",))
    columns = {name: [item[name] for item in items] for name in BANK_COLUMNS}
    bank = Bank(columns["item_id"], columns["topic_id"], columns["content"],
                *(np.array(columns[name], dtype=float) for name in "abc"))
    in_use = connection.execute(sql.SQL("select exists ({})").format(select("report_growth", ("user_id",), filters)),
                                filters).fetchone()
    return School(week, runs, bank, shared["topic_spread"], rows(REVIEW), shared["is_bank_current"],
                  in_use is not None and bool(in_use[0]), release_id, shared["closed_until"])


def _require_class(connection: Connection, week: Week, classroom: str) -> set[str]:
    filters = {"report_week": week.start, "classroom_id": classroom}
    if not _read(connection, "report_seat", ("user_id",), filters):
        raise UsageError(f"No learner was in the class {classroom!r} by then.", "look at the ids of `classroom`.")
    return {classroom}


def _require_week(connection: Connection, week: Week) -> dict[str, Any]:
    """Return what all reports of the week share."""
    built = connection.execute("select bool_and(to_regclass(format('%%I.%%I', current_schema(), name)) is not null) "
                               "from unnest(%s::text[]) as name", [list(MODELS)]).fetchone()
    if built is None or not built[0]:
        raise UsageError("The models that reports read are in no release yet.",
                         "run `dreamseed run` or `dreamseed build`.")
    found = _read(connection, "report_school", SCHOOL_COLUMNS, {"report_week": week.start})
    if not found:
        raise UsageError(f"The warehouse knows no learner in the week of {week.start}.",
                         f"run `dreamseed build --as-of {week.sunday}`, or choose another --week.")
    if found[0]["as_of"] != week.sunday:
        raise UsageError(f"The week of {week.start} was built as of {found[0]['as_of']}, before it was over.",
                         f"run `dreamseed build --as-of {week.sunday}` or later.")
    return found[0]
