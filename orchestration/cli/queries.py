"""The query of `dreamseed sql`: its rows, and the one line of an error in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from orchestration import terminal
from orchestration.cli.status_tables import release_line
from orchestration.cli.values import read_exactly
from orchestration.settings import Settings
from orchestration.stack.stack import Stack
from python_models.errors import UsageError, first_line
from python_models.warehouse import releases

Rows = list[Sequence[object]]


def query(settings: Settings, text: str) -> tuple[list[str], Rows]:
    """Run one query read-only; return (column names, rows). Raises UsageError if Postgres refuses it.

    It reads marts as the current release shows them; before the first release a line on stderr says so.
    """
    with Stack(settings).warehouse().connect_released() as connection:
        read_exactly(connection)
        release = releases.shown(connection)
        if release is None:
            terminal.err.print(release_line(release), markup=False)
        try:
            cursor = connection.execute(text.encode())
            columns = [column.name for column in cursor.description or []]
            return columns, list(cursor.fetchall()) if columns else []
        except psycopg.Error as error:
            hint = " ".join((error.diag.message_hint or "correct the SQL.").split())
            raise UsageError(f"Postgres refuses the query: {_line(error, text)}.", hint) from error


def rows_record(columns: Sequence[str], rows: Rows) -> dict[str, Any]:
    """Return the result of `sql --json`. Raises UsageError for two columns of one name."""
    twice = [name for name, n in Counter(columns).items() if n > 1]
    if twice:
        raise UsageError(f"Several columns are called {', '.join(twice)}, and a row of JSON has each name once.",
                         "name the columns with `as`.")
    return {"columns": columns, "rows": [dict(zip(columns, row, strict=True)) for row in rows]}


def _line(error: psycopg.Error, text: str) -> str:
    """Return what Postgres says in one line, with the place in the query where it gives one."""
    said = " ".join((error.diag.message_primary or first_line(error)).split())
    place = error.diag.statement_position
    if place is None:
        return said
    before = text[:int(place) - 1]
    return f"{said} (line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})"
