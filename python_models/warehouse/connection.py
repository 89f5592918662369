"""A connection to the warehouse and its advisory locks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
from psycopg import sql

from python_models.errors import BusyError
from python_models.warehouse.tables import Relation

Connection = psycopg.Connection[tuple[object, ...]]


def connect(url: str, schema: str = "public", autocommit: bool = False) -> Connection:
    """Open a connection that sees `schema` first and works in UTC. Raises BusyError if none can be had."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        first_line = str(error).strip().splitlines()[0]
        raise BusyError(f"The database cannot be reached: {first_line}.",
                        "check DATABASE_URL and the server.") from error
    connection.execute("select set_config('search_path', %s, false), set_config('TimeZone', 'UTC', false)",
                       [sql.Identifier(schema).as_string(connection)])
    connection.autocommit = autocommit
    return connection


def identifier(relation: Relation) -> sql.Identifier:
    """Quote a relation's name."""
    return sql.Identifier(relation.schema, relation.name)


@contextmanager
def advisory_lock(connection: Connection, name: str, wait_seconds: float) -> Iterator[int]:
    """Hold the session lock `name` while the block runs; yield the holding backend's process id.

    `connection` must be in autocommit mode and serve nothing else. Raises BusyError after `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    while not _one(connection, "select pg_try_advisory_lock(hashtextextended(%s, 0))", name):
        if time.monotonic() >= deadline:
            holder = _one(connection, _HOLDER, name)
            raise BusyError(f"{name} is held by another process (Postgres backend {holder}); "
                            f"waited {wait_seconds:g} s.", "try again when it has ended, or raise LOCK_WAIT_SECS.")
        time.sleep(0.25)
    try:
        yield int(str(_one(connection, "select pg_backend_pid()")))
    finally:
        connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


_HOLDER = """
    select pid from pg_locks
    where locktype = 'advisory' and granted and objsubid = 1
        and (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0)
        and database = (select oid from pg_database where datname = current_database())"""


def newest_arrival(connection: Connection, relation: Relation, column: str) -> datetime | None:
    """Return the greatest `column` (timestamptz) of a table; None when the table is absent or has no row."""
    if _one(connection, "select to_regclass(%s)", identifier(relation).as_string(connection)) is None:
        return None
    found = connection.execute(sql.SQL("select max({}) from {}").format(
        sql.Identifier(column), identifier(relation))).fetchone()
    return found[0] if found and isinstance(found[0], datetime) else None


def _one(connection: Connection, query: str, *values: object) -> object:
    found: Sequence[object] | None = connection.execute(query, values).fetchone()
    return None if found is None else found[0]
