"""`simulate`: one school into one database, in one transaction, which never overwrites an application's rows."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from python_models.errors import UsageError
from simulated_school import application, truth
from simulated_school.attempts import write_attempts
from simulated_school.dirty import write_dirty_exams
from simulated_school.dirty_attempts import record_dirty_attempts, stage_dirty_attempts
from simulated_school.history import simulate_history
from simulated_school.school import School
from simulated_school.staging import stage_history

TARGETS = {"application": application.TABLES, "attempt_log": ("attempt_log",)}


def simulate(conn: psycopg.Connection[Any], school: School, into: str = "application",
             schema: str = "public") -> dict[str, int]:
    """Write `school` into the application's tables (or `attempt_log`) of `schema`, and its truth into `truth`.

    Returns the rows of every table written, with `learners`, `answers`, `dirty_rows` and `unchanged`. The same
    parameters again write nothing (`unchanged` is true); another simulated school is replaced. Raises
    UsageError if the target has rows that no simulated school wrote. The caller must hold the locks that keep other
    schools and loads out (`orchestration.jobs.answers` does).
    """
    if into not in TARGETS:
        raise UsageError(f"A school cannot be written into {into!r}.", f"choose one of {', '.join(TARGETS)}.")
    parameters = {**school.parameters(), "into": into, "schema": schema}
    with conn.transaction(), conn.cursor() as cursor:
        existing = _existing(cursor)
        if existing and existing[0] == parameters:
            return {**existing[1], "unchanged": True}
        _empty(cursor, existing, into, schema)
        path = _search_path(cursor, sql.Identifier(schema).as_string(conn))
        counts = _write(cursor, school, into, schema)
        truth.record_school(cursor, parameters, counts)
        _search_path(cursor, path)
        return {**counts, "unchanged": False}


def _existing(cursor: psycopg.Cursor[Any]) -> tuple[dict[str, Any], dict[str, int]] | None:
    """Return the parameters and counts of the simulated school in the database, if there is one."""
    known = cursor.execute("select to_regclass('truth.school')").fetchone()
    if not known or known[0] is None:
        return None
    return cursor.execute("select parameters, counts from truth.school").fetchone()


def _empty(cursor: psycopg.Cursor[Any], existing: tuple[dict[str, Any], dict[str, int]] | None, into: str,
           schema: str) -> None:
    """Remove the rows of the existing school; refuse if any table holds a row that it did not write."""
    ours: dict[tuple[str, str], int] = {}
    if existing:
        parameters, counts = existing
        ours = {(parameters["schema"], table): counts.get(table, 0) for table in TARGETS[parameters["into"]]}
    for table_schema, table in sorted({*ours, *((schema, table) for table in TARGETS[into])}):
        name = sql.Identifier(table_schema, table)
        there = cursor.execute("select to_regclass(%s)", [name.as_string(cursor)]).fetchone()
        if not there or there[0] is None:
            raise UsageError(f"Table {table_schema}.{table} does not exist.", "run `dreamseed init` first.")
        found = cursor.execute(sql.SQL("select count(*) from {}").format(name)).fetchone()
        written = ours.get((table_schema, table), 0)
        if found and found[0] != written:
            raise UsageError(f"{table_schema}.{table} holds {found[0]} rows, of which a simulated school wrote "
                             f"{written}: a simulated school never overwrites an application's data.",
                             "use an empty database, or empty these tables yourself.")
        if written:
            cursor.execute(sql.SQL("truncate {}").format(name))


def _search_path(cursor: psycopg.Cursor[Any], path: str) -> str:
    """Set the search path until the transaction ends; return the one before."""
    before = cursor.execute("select current_setting('search_path')").fetchone()
    cursor.execute("select set_config('search_path', %s, true)", [path])
    return before[0] if before else ""


def _write(cursor: psycopg.Cursor[Any], school: School, into: str, schema: str) -> dict[str, int]:
    history = simulate_history(school)
    stage_history(cursor, history)
    truth.write_truth(cursor, school)
    if into == "application":
        application.write_application(cursor, school)
        write_dirty_exams(cursor, school)
    else:
        stage_dirty_attempts(cursor, school)
        write_attempts(cursor, school, schema)
        record_dirty_attempts(cursor)
    counts = {"learners": school.learners, "answers": int(history.answers.session.size)}
    for table in TARGETS[into]:
        cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))
        counts[table] = _count(cursor, sql.Identifier(schema, table))
    return {**counts, "dirty_rows": _count(cursor, sql.Identifier("truth", "dirty_row"))}


def _count(cursor: psycopg.Cursor[Any], table: sql.Identifier) -> int:
    counted = cursor.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    return counted[0] if counted else 0
