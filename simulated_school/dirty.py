"""Faulty rows that a pipeline must survive, each with the outcome that the contract asks for.

They belong to users of their own, so that the truth about the simulated learners stays exact. Positions count from 1.
`expected`: `kept` (a row in attempt), `rejected` (a row in attempt_rejected) or `no_attempt` (no row in attempt).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, LiteralString

import psycopg

from simulated_school.school import School

GOOD: dict[str, Any] = {"question_id": 1001, "is_correct": True, "time_spent_sec": 12.5, "used_hints": 0,
                        "topic": "algebra"}
HYPHENS = "-" * 36
FAR_FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


def _without(*names: str, **changed: Any) -> dict[str, Any]:
    return {**{name: value for name, value in GOOD.items() if name not in names}, **changed}


@dataclass(frozen=True)
class DirtyExam:
    """An exam result with something wrong in it. `expected` lists (position or None, outcome, detail)."""

    kind: str
    result: Any
    expected: list[tuple[int | None, str, str]]
    user_id: str | None = ""  # empty: a user named after the kind
    status: str = "ready"
    session: dict[str, Any] | None = field(default_factory=dict)  # None: no session row; else changed columns
    rescored: bool = False


def _element(kind: str, element: Any, outcome: str, detail: str) -> DirtyExam:
    """Put one bad element between two good ones, which are kept."""
    good = [(1, "kept", "good neighbour"), (3, "kept", "good neighbour")]
    return DirtyExam(kind, {"questions": [GOOD, element, _without(question_id=1002)]}, [*good, (2, outcome, detail)])


def _exam(kind: str, outcome: str, detail: str, position: int | None = 1, result: Any = None, **changed: Any
          ) -> DirtyExam:
    document = {"questions": [GOOD]} if result is None else result
    return DirtyExam(kind, document, [(position, outcome, detail)], **changed)


EXAMS = [
    _element("question_id_text", _without(question_id="Q-7"), "kept", "item_id is Q-7"),
    _element("question_id_missing", _without("question_id"), "rejected", "no item"),
    _element("question_id_null", _without(question_id=None), "rejected", "no item"),
    _element("question_id_empty", _without(question_id=""), "rejected", "no item"),
    _element("hints_decimal_text", _without(used_hints="1.0"), "kept", "hints is 1"),
    _element("hints_missing", _without("used_hints"), "kept", "hints is null"),
    _element("time_text", _without(time_spent_sec="12.5"), "kept", "response_time_ms is 12500"),
    _element("time_negative", _without(time_spent_sec=-3), "kept", "response_time_ms is null"),
    _element("time_unreadable", _without(time_spent_sec="soon"), "kept", "response_time_ms is null"),
    _element("time_not_a_number", _without(time_spent_sec="NaN"), "kept", "response_time_ms is null"),
    _element("time_infinite", _without(time_spent_sec="Infinity"), "kept", "response_time_ms is null"),
    _element("time_too_large", _without(time_spent_sec=1e15), "kept", "response_time_ms is null"),
    _element("time_object", _without(time_spent_sec={"s": 3}), "kept", "response_time_ms is null"),
    _element("correct_only", _without("is_correct", correct=True), "kept", "correct from `correct`"),
    _element("is_correct_null", _without(is_correct=None, correct=False), "kept", "correct from `correct`"),
    _element("correct_missing", _without("is_correct"), "rejected", "no verdict"),
    _element("correct_unreadable", _without(is_correct="maybe"), "rejected", "unreadable verdict"),
    _element("topic_empty", _without(topic=""), "kept", "topic_id is null"),
    _element("topic_missing", _without("topic"), "kept", "topic_id is null"),
    _element("topic_korean", _without(topic="기하"), "kept", "topic_id is 기하"),
    _element("element_text", "answer", "rejected", "not an object"),
    _element("element_null", None, "rejected", "not an object"),
    _element("duplicate_question", GOOD, "kept", "the same element again: attempt_no 2"),
    _exam("questions_object", "rejected", "questions is no array", None, {"questions": {"1": GOOD}}),
    _exam("questions_empty", "no_attempt", "nothing answered", None, {"questions": []}),
    _exam("questions_missing", "no_attempt", "no questions", None, {"score": 3}),
    DirtyExam("result_null", None, [(None, "no_attempt", "result_json is null")]),
    _exam("failed_exam", "no_attempt", "status failed", status="failed"),
    _exam("hyphen_user_id", "kept", "student_id is the md5 of the text", user_id=HYPHENS),
    _exam("user_id_null", "rejected", "no learner", user_id=None),
    _exam("user_id_cyrillic", "kept", "text id", user_id="Алёна Ёжикова"),
    _exam("user_id_korean", "kept", "text id", user_id="김민지"),
    _exam("single_answer", "kept", "a learner with only one answer"),
    _exam("session_missing", "kept", "completed_at is created_at", session=None),
    _exam("session_open", "kept", "completed_at is created_at", session={"ended_at": None, "status": "open"}),
    _exam("future", "rejected", "completed in the future", session={"ended_at": FAR_FUTURE}),
    _exam("rescored", "kept", "updated_at 60 days later moves nothing", rescored=True),
]

EXAM: LiteralString = """
    insert into exam_results (id, session_id, user_id, org_id, exam_id, status, result_json, created_at, updated_at)
    values (md5(%(seed)s || ' dirty ' || %(kind)s)::uuid, %(session_id)s, %(user_id)s, 1, 1, %(status)s, %(result)s,
            %(created_at)s, %(updated_at)s)
    returning id::text"""
SESSION: LiteralString = """
    insert into session (id, user_id, org_id, exam_id, started_at, ended_at, status, created_at)
    values (%(session_id)s, %(user_id)s, 1, '1', %(started_at)s, %(ended_at)s, %(status)s, %(started_at)s)"""
RECORD: LiteralString = "insert into truth.dirty_row values (%s, %s, %s, %s, %s, %s)"


def write_dirty_exams(cursor: psycopg.Cursor[Any], school: School) -> None:
    """Plant every dirty exam once, on days before as_of, and record it in `truth.dirty_row`."""
    for number, exam in enumerate(EXAMS):
        day = max(school.first_day, school.as_of - timedelta(days=number % 25))
        noon = datetime.combine(day, time(12), UTC)
        values = {"seed": str(school.seed), "kind": exam.kind, "session_id": f"dirty-{exam.kind}",
                  "user_id": f"dirty-{exam.kind}" if exam.user_id == "" else exam.user_id, "status": exam.status,
                  "result": None if exam.result is None else json.dumps(exam.result),
                  "created_at": noon + timedelta(seconds=3),
                  "updated_at": noon + timedelta(days=60 if exam.rescored else 0, seconds=3)}
        if exam.session is not None:
            times = {"started_at": noon - timedelta(minutes=5), "ended_at": noon, **exam.session}
            cursor.execute(SESSION, {**values, "status": "completed", **times})
        row = cursor.execute(EXAM, values).fetchone()
        cursor.executemany(RECORD, [(exam.kind, "exam_results", row and row[0], *outcome) for outcome in exam.expected])
