"""The history as temporary tables, from which plain SQL fills the application's tables and the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from simulated_school.binary_copy import fill_table
from simulated_school.history import History


def stage_history(cursor: psycopg.Cursor[Any], history: History) -> None:
    """Fill `simulated_learner`, `_id`, `_item`, `_topic`, `_session` and `_answer`; numbers start at 0.

    Times are milliseconds since the start of day 0 (UTC). All end with the transaction.
    """
    people, bank = history.learners, history.items
    fill_table(cursor, "simulated_learner", {
        "learner": np.arange(people.theta0.size), "theta0": people.theta0, "slope": people.slope,
        "start_day": people.start, "idle_days": history.idle_days, "risk_score": history.risk,
        "returned": history.returned, "kind": people.kind})
    fill_table(cursor, "simulated_item", {
        "item": np.arange(bank.a.size), "item_id": bank.item_id, "topic": bank.topic,
        "a": bank.a, "b": bank.b, "c": bank.c})
    _fill_names(cursor, "simulated_id", people.user_id)
    _fill_names(cursor, "simulated_topic", bank.topic_id)
    sessions, answers = history.sessions, history.answers
    fill_table(cursor, "simulated_session", {
        "session": np.arange(sessions.learner.size), "learner": sessions.learner,
        "started_ms": sessions.started_ms, "ended_ms": sessions.ended_ms})
    fill_table(cursor, "simulated_answer", {
        "session": answers.session, "position": answers.position, "item": answers.item,
        "correct": answers.correct.astype(bool), "hints": answers.hints,
        "response_ms": answers.response_ms, "ended_ms": answers.ended_ms})


def _fill_names(cursor: psycopg.Cursor[Any], table: str, names: list[str]) -> None:
    """Make temporary table `table` (number, name); the names hold no tab, newline or backslash."""
    name = sql.Identifier(table)
    cursor.execute(sql.SQL("drop table if exists pg_temp.{}").format(name))
    cursor.execute(sql.SQL("create temp table {} (number bigint, name text) on commit drop").format(name))
    with cursor.copy(sql.SQL("copy pg_temp.{} from stdin").format(name)) as copy:
        copy.write("".join(f"{number}\t{text}\n" for number, text in enumerate(names)))
    cursor.execute(sql.SQL("analyze pg_temp.{}").format(name))
