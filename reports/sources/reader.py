"""Reads the rows of all chosen learners in a few queries, and hands them over one learner at a time.

One transaction sees one state of the warehouse. Each query streams, ordered by learner, so memory does not grow with
the number of learners. Relations of fits that were never built count as empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from python_models.errors import UsageError
from python_models.warehouse.connection import Connection, connect
from reports.sources import records
from reports.sources.class_records import ClassRecord, Member
from reports.sources.records import Bank, ForecastWeek, LearnerRecord, ReviewItem, School, Week

BATCH = 5_000  # rows that a stream holds

# Each rests on those before it.
TEMPORARY = ("known_run", "member", "chosen", "known_ability", "known_risk")
REQUIRED = ("weekly_kpi_flat", "published_run", "learner_daily", "items_to_review")

# Parts of a learner's record and the classes of their rows; `queries/` has one file for each.
PARTS: dict[str, type] = {
    "kpis": records.KpiWeek, "abilities": records.AbilityWeek, "levels": records.Level, "growth": records.Growth,
    "risks": records.Risk, "topics": records.TopicWork, "days": records.Day, "goals": records.Goal,
    "solved": records.Solved, "segments": records.Segment}
# Of fits that a warehouse may not have built yet: the relation that the query needs.
OPTIONAL = {"segments": "stg_segments__assignments", "forecast": "stg_forecast__points"}


@dataclass(frozen=True)
class Reader:
    """A warehouse as of one week: `school` and the learners chosen, streamed."""

    connection: Connection
    school: School
    learners: tuple[str, ...]
    parameters: Mapping[str, object]

    def size(self, with_classes: bool = True) -> int:
        """Return how many records are to come."""
        classes = self.connection.execute(
            "select count(distinct classroom_id) from member inner join chosen using (user_id)").fetchone()
        return len(self.learners) + (int(str(classes[0])) if with_classes and classes else 0)

    def records(self, with_classes: bool = True) -> Iterator[LearnerRecord | ClassRecord]:
        """Yield one record per chosen learner, ordered by user_id; then, if wanted, one per class."""
        streams = {part: _Stream(self._rows(part, row), "user_id") for part, row in PARTS.items()
                   if _is_built(self.connection, part)}
        for user_id in self.learners:
            yield LearnerRecord(user_id, self.school.week, **{part: stream.take(user_id)
                                                              for part, stream in streams.items()})
        if with_classes:
            yield from self._classes()

    def _classes(self) -> Iterator[ClassRecord]:
        members = _Stream(self._rows("class_members", Member), "classroom_id")
        known = {str(key): (name, grade) for key, name, grade in self.connection.execute(query("classrooms"))}
        while members.head is not None:
            classroom_id = members.head.classroom_id
            name, grade = known.get(classroom_id, (None, None))
            yield ClassRecord(classroom_id, name, grade, self.school.week, members.take(classroom_id))  # type: ignore[arg-type]

    def _rows(self, part: str, row: type) -> Iterator[Any]:
        # A cursor of the server's: it keeps the rows, the client holds BATCH of them.
        cursor: psycopg.ServerCursor[Any] = self.connection.cursor(f"report_{part}", row_factory=class_row(row))
        with cursor:
            cursor.itersize = BATCH
            yield from cursor.execute(query(part), self.parameters)


@contextmanager
def reader(url: str, schema: str, week: Week, users: Sequence[str] | None = None,
           classroom: str | None = None) -> Iterator[Reader]:
    """Open the warehouse for `week`: all learners with a row in `weekly_kpi`, those in `users`, or those of a class.

    Raises UsageError when the week was never built, or a learner or class asked for is not in it.
    """
    with connect(url, schema) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        _see_staging(connection, schema)
        _require_week(connection, week)
        parameters: dict[str, object] = {"week": week.start, "until": week.sunday, "classroom": classroom,
                                         "users": None if users is None else list(users)}
        for name in TEMPORARY:
            connection.execute(query(name), parameters)
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
            if name == "member" and classroom is not None:
                parameters["users"] = _members(connection, classroom)
        learners = tuple(str(row[0]) for row in connection.execute("select user_id from chosen order by user_id"))
        yield Reader(connection, _school(connection, week, parameters), learners, parameters)


def query(name: str) -> sql.SQL:
    """Return the text of `queries/<name>.sql`."""
    return sql.SQL(Path(__file__).with_name("queries").joinpath(f"{name}.sql").read_text(encoding="utf-8"))


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


def _school(connection: Connection, week: Week, parameters: Mapping[str, object]) -> School:
    def read(name: str, row: type | None = None) -> list[Any]:
        with connection.cursor(row_factory=dict_row if row is None else class_row(row)) as cursor:
            return cursor.execute(query(name), parameters).fetchall() if _is_built(connection, name) else []

    runs = {str(fit): day for fit, day in connection.execute("select fit, run_as_of from known_run")}
    items = read("bank")
    columns = {name: [item[name] for item in items] for name in ("item_id", "topic_id", "content", "a", "b", "c")}
    bank = Bank(columns["item_id"], columns["topic_id"], columns["content"],
                *(np.array(columns[name], dtype=float) for name in "abc"))
    in_force = bool(read("bank_in_force")[0]["is_in_force"])
    return School(week, runs, bank, read("spread")[0]["spread"], tuple(read("forecast", ForecastWeek)),  # type: ignore[arg-type]
                  tuple(read("review", ReviewItem)) if in_force else (), in_force)


def _is_built(connection: Connection, part: str) -> bool:
    return part not in OPTIONAL or _exist(connection, [OPTIONAL[part]])


def _exist(connection: Connection, relations: Sequence[str]) -> bool:
    found = connection.execute("select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name",
                               [list(relations)]).fetchone()
    return found is not None and bool(found[0])


def _see_staging(connection: psycopg.Connection[Any], schema: str) -> None:
    path = sql.SQL(", ").join(map(sql.Identifier, (schema, f"{schema}_staging", f"{schema}_fits")))
    connection.execute("select set_config('search_path', %s, false)", [path.as_string(connection)])


def _require_week(connection: Connection, week: Week) -> None:
    if not _exist(connection, REQUIRED):
        raise UsageError("The warehouse's marts are not built yet.", "run `dreamseed run` or `dreamseed build`.")
    found = connection.execute("select max(as_of) from weekly_kpi where week_start = %s", [week.start]).fetchone()
    if found is None or found[0] is None:
        raise UsageError(f"The warehouse knows no learner in the week of {week.start}.",
                         f"run `dreamseed build --as-of {week.sunday}`, or choose another --week.")
    if found[0] != week.sunday:
        raise UsageError(f"The week of {week.start} was built as of {found[0]}, before it was over.",
                         f"run `dreamseed build --as-of {week.sunday}` or later.")


def _members(connection: Connection, classroom: str) -> list[str]:
    found = [str(row[0]) for row in connection.execute("select user_id from member")]
    if not found:
        raise UsageError(f"No learner was in the class {classroom!r} by then.", "look at the ids of `classroom`.")
    return found
