"""Jobs that overlap: what each has built so far is half a job, so the one that ends last releases for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from python_models.warehouse.connection import Connection, Warehouse

_HOLD = "select pg_advisory_lock_shared(hashtextextended(%s, 0))"
_OTHERS = """
    select count(*) from pg_locks
    where locktype = 'advisory' and granted and objsubid = 1 and mode = 'ShareLock' and pid <> %s
        and (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0)
        and database = (select oid from pg_database where datname = current_database())"""


@dataclass(frozen=True)
class OpenJob:
    """A job between its first build and its release. A connection of its own shows it, so it ends with the process."""

    connection: Connection

    def close(self) -> None:
        """Leave the release to the jobs that are still open."""
        self.connection.close()


@contextmanager
def open_job(warehouse: Warehouse) -> Iterator[OpenJob]:
    """Show other jobs, while the block runs, that this one builds. Raises BusyError if the database is away."""
    with warehouse.connect(autocommit=True) as connection:
        connection.execute(_HOLD, [_name(warehouse)])
        yield OpenJob(connection)


def n_others(connection: Connection, warehouse: Warehouse, own: OpenJob | None) -> int:
    """Return how many jobs are open on the warehouse beside one's own."""
    own_backend = own.connection.info.backend_pid if own and not own.connection.closed else 0
    found = connection.execute(_OTHERS, [own_backend, _name(warehouse)]).fetchone()
    return int(str(found[0])) if found else 0


def _name(warehouse: Warehouse) -> str:
    return f"dreamseed.job.{warehouse.schema}"
