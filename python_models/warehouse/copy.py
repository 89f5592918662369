"""Copies rows out of the warehouse (COPY to a gzipped CSV) and into it (COPY from a CSV)."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from python_models.errors import NOT_ESTIMABLE, ContractError, NotEstimable
from python_models.warehouse.connection import Connection, identifier
from python_models.warehouse.tables import RUNNER_COLUMNS, InputTable, LandingTable, ParameterTable, check_header

if TYPE_CHECKING:
    from typing_extensions import Buffer


def copy_out(connection: Connection, table: InputTable, target: Path) -> tuple[int, str]:
    """Stream `table` into the gzipped CSV `target`; return (rows, sha256 of the plain bytes).

    Rows are ordered by all columns, so equal contents give equal hashes.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    order = sql.SQL(", ").join(map(sql.SQL, map(str, range(1, len(table.columns) + 1))))
    query = sql.SQL("copy (select {} from {} order by {}) to stdout with (format csv, header)").format(
        columns, identifier(table.relation), order)
    # A name and time in the gzip header would make equal inputs differ. Level 1, because the network is fast.
    with connection.cursor() as cursor, target.open("wb") as raw, \
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as zipped:
        packed = _Hashed(zipped)
        with cursor.copy(query) as stream, io.BufferedWriter(packed, 1 << 20) as blocks:
            blocks.writelines(stream)  # hashing and compressing row by row would cost seconds
        rows = cursor.rowcount
    return rows, packed.digest.hexdigest()


def read_row(connection: Connection, table: ParameterTable) -> dict[str, object]:
    """Return the one row of `table` by column, with JSON parsed.

    Raises NotEstimable when there is no row (no model is stored yet), ContractError when there are several.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql.SQL("select {} from {} limit 2").format(
            columns, identifier(table.relation))).fetchall()
    if not rows:
        raise NotEstimable(f"{table.relation.name} has no row: no current run has a stored model that could be used.",
                           "run the fit upstream of it first; `dreamseed plan` shows which.", NOT_ESTIMABLE)
    if len(rows) > 1:
        raise ContractError(f"{table.relation.name} has more than one row, but its columns are parameters.",
                            "let the model select one row.")
    return rows[0]


class _Hashed(io.RawIOBase):
    """Writes to `target` and computes the sha256 of what was written."""

    def __init__(self, target: gzip.GzipFile) -> None:
        self.target, self.digest = target, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, block: Buffer) -> int:
        self.digest.update(block)
        return self.target.write(block)


def copy_in(connection: Connection, table: LandingTable, source: Path, run_id: str, fitted_at: object) -> int:
    """Append the CSV `source` to a landing table under `run_id`; return the rows. No commit.

    Raises ContractError when the header or a value does not fit the declared columns.
    """
    with source.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file), [])
    check_header(table, header)
    names = sql.SQL(", ").join(map(sql.Identifier, header))
    copying = sql.SQL("copy arriving ({}) from stdin with (format csv, header)").format(names)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("create temp table arriving on commit drop as select {} from {} limit 0").format(
                names, identifier(table.relation)))
            with cursor.copy(copying) as stream, source.open("rb") as file:
                while chunk := file.read(1 << 20):
                    stream.write(chunk)
            rows = _append(cursor, table, names, run_id, fitted_at)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        line = str(error).strip().replace("\n", "; ")
        raise ContractError(f"A row for {table.relation.name} does not fit: {line}.",
                            "fix the service's answer; no row was inserted.") from error
    return rows


def _append(cursor: psycopg.Cursor[tuple[object, ...]], table: LandingTable, names: sql.Composed,
            run_id: str, fitted_at: object) -> int:
    stamp = sql.SQL(", ").join(map(sql.Identifier, RUNNER_COLUMNS))
    cursor.execute(sql.SQL("insert into {} ({}, {}) select %s, %s, {} from arriving").format(
        identifier(table.relation), stamp, names, names), [run_id, fitted_at])
    rows = cursor.rowcount
    cursor.execute("drop table arriving")
    # The next build joins these rows before autovacuum has seen them.
    cursor.execute(sql.SQL("analyze {}").format(identifier(table.relation)))
    return rows
