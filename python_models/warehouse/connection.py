"""The warehouse as one value: connect to it, lock it, check that its tables fit this code."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import sql

from python_models.errors import BusyError, first_line
from python_models.warehouse import revisions, schemas
from python_models.warehouse.build_lease import BuildLease
from python_models.warehouse.tables import Relation

Connection = psycopg.Connection[tuple[object, ...]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Warehouse:
    """A database and the schema with the marts; two schemas of one database are two warehouses.

    `url` is a postgresql:// URL. It may hold a password, so it is not part of the repr.
    """

    url: str = field(repr=False)
    schema: str = "public"

    def connect(self, autocommit: bool = False) -> Connection:
        """Open a connection that looks into `schema` first and works in UTC. Raises BusyError if it cannot."""
        try:
            connection = psycopg.connect(self.url, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            raise BusyError(f"The database cannot be reached: {first_line(error)}.",
                            "check DATABASE_URL and the server.") from error
        connection.execute("select set_config('search_path', %s, false), set_config('TimeZone', 'UTC', false)",
                           [sql.Identifier(self.schema).as_string(connection)])
        connection.autocommit = autocommit
        return connection

    def connect_released(self) -> Connection:
        """Open a read-only connection that sees one state of the warehouse, with marts as the current release has them.

        Before the first release the marts are those that are built. Other tables are seen as they are.
        """
        connection = self.connect(autocommit=True)
        path = sql.SQL(", ").join(map(sql.Identifier, (schemas.released(self.schema), self.schema)))
        connection.execute("select set_config('search_path', %s, false)", [path.as_string(connection)])
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return connection

    @contextmanager
    def lock(self, job: str, wait_seconds: float, fit: str = "") -> Iterator[int]:
        """Hold this warehouse's lock of a `job` (of one `fit`, if named) while the block runs.

        Yields the process id of the Postgres backend that holds it. The lock has a connection of its own, so it
        outlasts every transaction of the job. A `build` also waits for a dbt that was started by hand. Raises
        BusyError, naming the holder, after `wait_seconds`.
        """
        name = ".".join(part for part in ("dreamseed", job, self.schema, fit) if part)
        lease = BuildLease(self.schema) if job == "build" else None
        with self.connect(autocommit=True) as connection, advisory_lock(connection, name, wait_seconds, lease) as pid:
            yield pid

    def revision(self) -> str | None:
        """Return the revision that the tables are at; None before the first `dreamseed init`."""
        with self.connect() as connection:
            return revisions.current(connection, self.schema)

    def require_tables(self) -> None:
        """Raise UsageError unless the tables are at this code's revision, BusyError if the database is away."""
        revisions.require_head(self.revision())


def connect(url: str, schema: str = "public", autocommit: bool = False) -> Connection:
    """Open a connection to the warehouse in `schema` of the database at `url`; see `Warehouse.connect`."""
    return Warehouse(url, schema).connect(autocommit)


def identifier(relation: Relation) -> sql.Identifier:
    """Quote a relation's name."""
    return sql.Identifier(relation.schema, relation.name)


@contextmanager
def advisory_lock(connection: Connection, name: str, wait_seconds: float,
                  lease: BuildLease | None = None) -> Iterator[int]:
    """Hold the session lock `name` while the block runs; yield the holding backend's process id.

    `connection` must be in autocommit mode and serve nothing else. The wait is logged. While somebody has the `lease`,
    the lock is not taken. Raises BusyError after `wait_seconds`.
    """
    start, is_logged = time.monotonic(), False
    while holder := _holder_unless_taken(connection, name, lease):
        if time.monotonic() - start >= wait_seconds:
            raise BusyError(f"{name} is held by {holder}; waited {wait_seconds:g} s.",
                            "try again when it has ended, or raise LOCK_WAIT_SECS.")
        if not is_logged:
            log.info("%s is held by %s; waiting up to %g s.", name, holder, wait_seconds)
            is_logged = True
        time.sleep(0.25)
    try:
        yield int(str(_one(connection, "select pg_backend_pid()")))
    finally:
        _release(connection, name)


def _holder_unless_taken(connection: Connection, name: str, lease: BuildLease | None) -> str | None:
    """Take the session lock `name` and return None; return who holds it, or has the lease, if it cannot be taken."""
    is_taken = _one(connection, "select pg_try_advisory_lock(hashtextextended(%s, 0))", name)
    if is_taken and lease:
        lease.end_if_expired(connection)
    lessee = lease.holder(connection) if lease else None
    if is_taken and lessee:
        _release(connection, name)
    if is_taken or lessee:
        return lessee
    return f"another process (Postgres backend {_one(connection, _HOLDER, name)})"


def _release(connection: Connection, name: str) -> None:
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
