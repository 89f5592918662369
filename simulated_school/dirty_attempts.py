"""Dirty rows of `attempt_log`, as a file could bring them, with the outcome that the contract asks for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, LiteralString

import psycopg

from simulated_school.dirty import FAR_FUTURE, HYPHENS, RECORD
from simulated_school.school import School

# kind, what differs from a good row, outcome, detail
ROWS: list[tuple[str, dict[str, Any], str, str]] = [
    ("exact_duplicate", {}, "kept", "once: the second row is dropped and counted"),
    ("user_id_null", {"user_id": None}, "rejected", "no learner"),
    ("item_id_null", {"item_id": None}, "rejected", "no item"),
    ("correct_null", {"correct": None}, "rejected", "no verdict"),
    ("completed_at_null", {"completed_at": None}, "rejected", "no moment"),
    ("future", {"completed_at": FAR_FUTURE}, "rejected", "completed in the future"),
    ("time_negative", {"response_time_ms": -3}, "kept", "response_time_ms is null"),
    ("time_missing", {"response_time_ms": None}, "kept", "response_time_ms is null"),
    ("hints_missing", {"hints": None}, "kept", "hints and hint_used are null"),
    ("topic_missing", {"topic_id": None}, "kept", "topic_id is null"),
    ("topic_empty", {"topic_id": ""}, "kept", "topic_id is null"),
    ("item_id_text", {"item_id": "Q-7"}, "kept", "item_id is Q-7"),
    ("hyphen_user_id", {"user_id": HYPHENS}, "kept", "student_id is the md5 of the text"),
    ("user_id_cyrillic", {"user_id": "Алёна Ёжикова"}, "kept", "text id"),
    ("user_id_korean", {"user_id": "김민지"}, "kept", "text id"),
    ("topic_korean", {"topic_id": "기하"}, "kept", "topic_id is 기하"),
    ("single_answer", {}, "kept", "a learner with only one answer"),
]
TWICE = ("exact_duplicate",)

STAGE: LiteralString = """
    create temp table dirty_attempt (line bigint, user_id text, item_id text, topic_id text, correct boolean,
        completed_at timestamptz, response_time_ms int, hints int, session_id text) on commit drop"""
ROW: LiteralString = """
    insert into pg_temp.dirty_attempt
    values (%(line)s, %(user_id)s, %(item_id)s, %(topic_id)s, %(correct)s, %(completed_at)s, %(response_time_ms)s,
            %(hints)s, %(session_id)s)"""


def stage_dirty_attempts(cursor: psycopg.Cursor[Any], school: School) -> None:
    """Fill temporary table `dirty_attempt`; each kind has a session of its own, which identifies its rows."""
    cursor.execute("drop table if exists pg_temp.dirty_attempt")
    cursor.execute(STAGE)
    for number, (kind, changed, _, _) in enumerate(ROWS):
        day = max(school.first_day, school.as_of - timedelta(days=number % 25))
        row = {"line": -1 - number, "user_id": f"dirty-{kind}", "item_id": "1001", "topic_id": "algebra",
               "correct": True, "completed_at": datetime.combine(day, time(12), UTC), "response_time_ms": 12_500,
               "hints": 0, "session_id": f"dirty-{kind}", **changed}
        cursor.executemany(ROW, [row] * (2 if kind in TWICE else 1))


def record_dirty_attempts(cursor: psycopg.Cursor[Any]) -> None:
    """Record the loaded rows in `truth.dirty_row`; of exact duplicates first the row that is kept, then the copy."""
    for kind, _, outcome, detail in ROWS:
        found = cursor.execute("select source_id from attempt_log where session_id = %s order by source_id",
                               [f"dirty-{kind}"]).fetchall()
        outcomes = [(outcome, detail), ("no_attempt", "an exact copy: either of the two may be the one kept")]
        cursor.executemany(RECORD, [(kind, "attempt_log", key, None, *what)
                                    for (key,), what in zip(found, outcomes, strict=False)])
