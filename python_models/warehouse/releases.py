"""Releases: what people and reports read changes when a job ends, all of it at once (docs/adr/0020-releases.md).

Builds change the target schema while they run. Readers look at views beside it (`released_views`), and these show the
versions of rows that belong to one release (`versions`). A release is a number; the table `release` says which one is
shown. Going back means to show another number.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from python_models.errors import BusyError, UsageError
from python_models.warehouse import run_log
from python_models.warehouse.connection import Connection, Warehouse, identifier
from python_models.warehouse.open_jobs import OpenJob, n_others
from python_models.warehouse.released_views import ReleasedViews
from python_models.warehouse.tables import Relation
from python_models.warehouse.versions import Versions

# How long a lock may take: only writers queue behind the first kind, readers of a view behind the second.
TABLE_LOCK, VIEW_LOCK, PAUSE_SECONDS = "5s", "500ms", 0.5


@dataclass(frozen=True)
class Release:
    """What readers see: the last day that it knows, the published run of each fit, and the job that closed with it."""

    release_id: int
    as_of: date
    runs: Mapping[str, str]
    built_at: datetime
    job: str

    def line(self) -> str:
        """Return the release in a few words."""
        return f"release {self.release_id} as of {self.as_of} (`{self.job}`, {self.built_at:%Y-%m-%d %H:%M})"


@dataclass(frozen=True)
class Marts:
    """What dbt builds for readers, as its manifest declares it."""

    shown: Collection[Relation]  # the tables and views of the target schema
    lasting: Collection[Relation]  # tables whose rows builds change; other tables are replaced by each build
    facts: Collection[Relation]  # tables that only grow: they have no versions and are read as they are


def publish(warehouse: Warehouse, marts: Marts, job: str, wait_seconds: float, own: OpenJob | None = None,
            ) -> Release | None:
    """Show readers what is built now; return the new release. The release before it is kept for `roll_back`.

    Returns None while other jobs than one's `own` are open: what they have built is half of a job, and the last of them
    to end releases for all. All happens in one transaction. Raises UsageError if nothing is built. Raises BusyError,
    with the release before still shown, if a build runs for longer than `wait_seconds`, or if another session holds a
    lock on a table or on a view that has to be replaced.
    """
    with warehouse.lock("release", wait_seconds), warehouse.connect(autocommit=True) as connection:
        # Asked under the lock: of two jobs that end at once, the second no longer meets the first. Asked again under
        # the build's: a job that began meanwhile may have built.
        if _is_left_to_others(connection, warehouse, own):
            return None
        with warehouse.lock("build", wait_seconds):
            if _is_left_to_others(connection, warehouse, own):
                return None
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return _publish_without_waiting_readers(connection, warehouse.schema, marts, job, wait_seconds)


def _is_left_to_others(connection: Connection, warehouse: Warehouse, own: OpenJob | None) -> bool:
    is_left = n_others(connection, warehouse, own) > 0
    if is_left and own:
        own.close()
    return is_left


def _publish_without_waiting_readers(connection: Connection, schema: str, marts: Marts, job: str,
                                     wait_seconds: float) -> Release:
    """Publish; give up a lock that readers would queue behind, and try again until the wait is over."""
    end = time.monotonic() + wait_seconds
    while True:
        try:
            return _publish(connection, schema, marts, job)
        except psycopg.errors.LockNotAvailable as error:
            if time.monotonic() >= end:
                raise BusyError(f"No release was made: for {wait_seconds:g} s another session has held a lock on a "
                                "table or view.", "end that session (pg_stat_activity lists them), then run "
                                "`dreamseed release`.") from error
            time.sleep(PAUSE_SECONDS)


def roll_back(warehouse: Warehouse, wait_seconds: float) -> tuple[Release, Release]:
    """Show the release before again; return (the release withdrawn, the release shown now).

    Raises UsageError if there is none: only one is kept.
    """
    with warehouse.lock("release", wait_seconds), warehouse.connect() as connection:
        withdrawn = require_shown(connection)
        connection.execute("update release set state = 'withdrawn' where state = 'shown'")
        connection.execute("update release set state = 'shown' where state = 'previous'")
        current = shown(connection)
        if current is None:
            raise UsageError(f"No release before it is kept, so {withdrawn.line()} stays.",
                             "run the job again when its cause is fixed: it ends with a new release.")
    return withdrawn, current


def shown(connection: Connection) -> Release | None:
    """Return the release that readers see; None before the first one."""
    if not connection.execute("select from pg_class where oid = to_regclass('release')").rowcount:
        return None
    with connection.cursor(row_factory=class_row(Release)) as cursor:
        return cursor.execute(
            "select release_id, as_of, runs, built_at, job from release where state = 'shown'").fetchone()


def require_shown(connection: Connection) -> Release:
    """Return the release that readers see. Raises UsageError before the first one."""
    found = shown(connection)
    if found is None:
        raise UsageError("There is no release yet.", "run `dreamseed build` or `dreamseed release`.")
    return found


def _publish(connection: Connection, schema: str, marts: Marts, job: str) -> Release:
    lasting = _existing(connection, marts.lasting)
    with connection.transaction():
        _wait_for_writers(connection, lasting)
        views, versions = ReleasedViews(connection, schema, marts.shown), Versions(connection, schema)
        members = views.members()
        # A fact below a mart is read as it is, a fact that is a mart through a view.
        members = [member for member in members
                   if member.relation in marts.shown or member.relation not in marts.facts]
        tables = [member.relation for member in members if not member.definition and member.relation not in marts.facts]
        connection.execute("select set_config('lock_timeout', %s, true)", [VIEW_LOCK])
        if any(map(versions.loses_columns, tables)):
            views.drop_all()
        for table in tables:
            versions.take_in(table, lasts=table in lasting)
        release, previous = _number(connection, schema, job)
        for table in tables:
            versions.forget(table, previous)
        views.show({member.relation: views.redirected(member.definition, members) if member.definition
                    else versions.query(member.relation) if member.relation in tables
                    else versions.query_of_fact(member.relation) for member in members})
        views.drop_others()
    return release


def _existing(connection: Connection, tables: Collection[Relation]) -> list[Relation]:
    return [table for table in tables if connection.execute(
        "select from pg_class where oid = to_regclass(%s)", [identifier(table).as_string(connection)]).rowcount]


def _wait_for_writers(connection: Connection, tables: Sequence[Relation]) -> None:
    """Let no statement be half noted in the versions that are published.

    Must come before the transaction's first query, which decides what state of the warehouse it sees.
    """
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(TABLE_LOCK)))
    if tables:
        connection.execute(sql.SQL("lock table {} in share row exclusive mode").format(
            sql.SQL(", ").join(map(identifier, tables))))


def _number(connection: Connection, schema: str, job: str) -> tuple[Release, int]:
    """Insert the new release and show it; return it and the id of the one before, 0 if there is none."""
    built = connection.execute("select max(as_of) from build_mark where schema_name = %s", [schema]).fetchone()
    if built is None or built[0] is None:
        raise UsageError("Nothing is built yet, so there is nothing to release.", "run `dreamseed build`.")
    connection.execute("update release set state = 'removed' where state = 'previous'")
    previous = connection.execute(
        "update release set state = 'previous' where state = 'shown' returning release_id").fetchone()
    connection.execute("""
        insert into release (release_id, as_of, runs, built_at, job, state)
        select coalesce(max(release_id), 0) + 1, %s, %s, clock_timestamp(), %s, 'shown' from release""",
        [built[0], Jsonb(run_log.current_runs(connection)), job])
    return require_shown(connection), int(str(previous[0])) if previous else 0
