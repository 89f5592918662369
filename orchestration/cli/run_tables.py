"""What one run tells of itself: parts of its landing tables' JSON, as their sources declare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from orchestration import terminal
from orchestration.graph.manifest import ShownTable
from python_models.warehouse.connection import Connection


def print_newest(connection: Connection, parts: Sequence[ShownTable], runs: Sequence[Mapping[str, Any]]) -> None:
    """Print `parts` of the first of `runs` that landed; nothing if none did or none is declared."""
    landed = [run["run_id"] for run in runs if run["status"] in ("published", "rejected", "withdrawn")]
    if not parts or not landed:
        return
    terminal.out.print(f"\nOf run {landed[0]}", markup=False)
    for part in parts:
        records = _records(connection, part, landed[0])
        if records:
            terminal.print_table(part.title, *layout(part, records))


def layout(part: ShownTable, records: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[object]]]:
    """Return (headings, rows): a row per record, or, side by side, a row per field under the first field's values."""
    rows = [[_short(_value(record, key)) for key in part.fields.values()] for record in records]
    if not part.one_column_each:
        return list(part.fields), rows
    head, *body = zip(part.fields, *rows, strict=True)
    return [str(cell) for cell in head], [list(row) for row in body]


def _records(connection: Connection, part: ShownTable, run_id: str) -> list[Mapping[str, Any]]:
    """Return the declared part of a run; empty where the run is pruned or older than the declaration."""
    column, *keys = part.path
    query = sql.SQL("select {} #> %s from {} where run_id = %s").format(
        sql.Identifier(column), sql.Identifier(part.relation.schema, part.relation.name))
    rows = connection.execute(query, [keys, run_id]).fetchall()
    parts: list[Any] = [content for (content,) in rows if content is not None]
    if len(parts) > 1:  # a row each for parts of a run: a table has no order of its own
        parts.sort(key=lambda content: [str(_value(content, key)) for key in part.fields.values()])
    return [record for content in parts for record in (content if isinstance(content, list) else [content])]


def _value(record: Mapping[str, Any], key: str) -> object:
    """Return what a key names, or keys joined by dots: `typical.sessions` is a key of the record in `typical`."""
    found: Any = record
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _short(value: object) -> object:
    return float(f"{value:.3g}") if isinstance(value, float) else value
