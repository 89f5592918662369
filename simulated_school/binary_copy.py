"""Copies arrays of numbers into a temporary table by COPY BINARY, without a loop over rows.

Format: https://www.postgresql.org/docs/current/sql-copy.html, section "Binary Format".
"""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # no flags, no header extension
TRAILER = b"\xff\xff"
BLOCK_ROWS = 200_000
# numpy kind -> Postgres type and its big-endian form on the wire
WIRE = {"b": ("boolean", "?"), "i": ("bigint", ">i8"), "f": ("double precision", ">f8")}


def fill_table(cursor: psycopg.Cursor[Any], name: str, columns: dict[str, NDArray[Any]]) -> None:
    """Make temporary table `name` of equally long boolean, integer or float arrays; no NaN, no null.

    The table ends with the transaction. Raises KeyError for an array of another kind.
    """
    types = {column: WIRE[values.dtype.kind] for column, values in columns.items()}
    table = sql.Identifier("pg_temp", name)
    cursor.execute(sql.SQL("drop table if exists {}").format(table))
    listed = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
                                for column, (kind, _) in types.items())
    cursor.execute(sql.SQL("create temp table {} ({}) on commit drop").format(sql.Identifier(name), listed))
    with cursor.copy(sql.SQL("copy {} from stdin (format binary)").format(table)) as copy:
        copy.write(SIGNATURE)
        for start in range(0, len(next(iter(columns.values()))), BLOCK_ROWS):
            block = {column: values[start:start + BLOCK_ROWS] for column, values in columns.items()}
            copy.write(_packed(block, {column: form for column, (_, form) in types.items()}))
        copy.write(TRAILER)
    cursor.execute(sql.SQL("analyze {}").format(table))


def _packed(block: dict[str, NDArray[Any]], forms: dict[str, str]) -> bytes:
    """Lay rows out as a structured array: the number of fields, then length and value of each."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for column, form in forms.items():
        layout += [(f"{column} length", ">i4"), (column, form)]
    rows = np.empty(len(next(iter(block.values()))), dtype=np.dtype(layout))
    rows["fields"] = len(forms)
    for column, form in forms.items():
        rows[f"{column} length"] = np.dtype(form).itemsize
        rows[column] = block[column]
    return rows.tobytes()
