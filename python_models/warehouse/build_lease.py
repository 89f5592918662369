"""The lease by which a dbt started by hand locks its target schema (dbt_project/macros/build_lock/)."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class BuildLease:
    """The lease of one target schema: a row of `build_lease`."""

    schema: str

    def holder(self, connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
        """Return the dbt that has the lease, in words; None if nobody has it."""
        row = connection.execute("""
            select '`' || command || '` of ' || started_by || ', started at '
                || to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
            from build_lease where schema_name = %s""", [self.schema]).fetchone()
        return str(row[0]) if row else None

    def end_if_expired(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        """End the lease if its dbt has not renewed it in time. The caller holds the build's advisory lock.

        A dbt that builds one model for long shares that lock, so its lease is still in use.
        """
        connection.execute("delete from build_lease where schema_name = %s and expires_at < clock_timestamp()",
                           [self.schema])
