"""Summaries of one run, from the views `<fit>_run_summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from orchestration import terminal
from python_models.warehouse.connection import Connection, identifier
from python_models.warehouse.tables import Relation

LANDED = ("published", "rejected", "withdrawn")


def print_newest(connection: Connection, summaries: Sequence[Relation], runs: Sequence[Mapping[str, Any]]) -> None:
    """Print the `summaries` of the first of `runs` that landed; nothing if none did, or if none is built yet."""
    run_id = next((run["run_id"] for run in runs if run["status"] in LANDED), None)
    for view in summaries:
        columns, rows = _rows(connection, view, run_id)
        if rows:
            terminal.print_table(f"{view.name} of {run_id}", *layout(columns, rows))


def layout(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[list[str], list[list[object]]]:
    """Return (headings, rows); a table that is wider than long is turned, so that it fits a narrow terminal."""
    table = [[_short(value) for value in row] for row in rows]
    if len(rows) >= len(columns):
        return list(columns), table
    head, *body = zip(columns, *table, strict=True)
    return [str(cell) for cell in head], [list(row) for row in body]


def _rows(connection: Connection, view: Relation, run_id: str | None) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the columns after run_id and the run's rows, in the order of their first columns."""
    built = connection.execute("select to_regclass(%s)", [identifier(view).as_string(connection)]).fetchone()
    if run_id is None or built is None or built[0] is None:
        return [], []
    cursor = connection.execute(sql.SQL("select * from {} where run_id = %s order by 2, 3").format(identifier(view)),
                                [run_id])
    return [column.name for column in cursor.description or []][1:], [row[1:] for row in cursor.fetchall()]


def _short(value: object) -> object:
    return float(f"{value:.3g}") if isinstance(value, float) else value
