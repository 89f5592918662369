"""A scratch copy of a warehouse in schemas of its own: its sources as they are, read-only, and nothing built yet.

What is built or landed there is gone with it; the warehouse itself is not written to. Tables that a replay writes are
empty copies, everything else is a view that Postgres will not let anybody write through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from python_models.warehouse.connection import Connection, connect, identifier
from python_models.warehouse.tables import Relation

KEPT_APART = ("build_mark", "learner_change", "source_seen", "test_result")  # a build's own notes: begun anew
COPIED = ("attempt_log_change",)  # small, and a build tidies it up


@dataclass(frozen=True)
class Scratch:
    """Which warehouse (`schema`) is copied into which schema, and what is written there.

    `schemas` are all that come and go, `shown` the source tables by name, `landing` those among them that the fits
    `refitted` write; runs of the fits `left_out` are not known there.
    """

    schema: str
    scratch: str
    schemas: Sequence[str]
    shown: Collection[str]
    landing: Collection[str]
    refitted: Sequence[str]
    left_out: Sequence[str]

    def table(self, name: str) -> sql.Identifier:
        """Quote a table of the scratch copy."""
        return identifier(Relation(self.scratch, name))

    def original(self, name: str) -> sql.Identifier:
        """Quote the warehouse's own."""
        return identifier(Relation(self.schema, name))


@contextmanager
def scratch_copy(database_url: str, scratch: Scratch, first: date) -> Iterator[None]:
    """Hold the copy while the block runs; what a killed replay left behind goes first.

    Runs of `refitted` before `first` are left to go on from: of each the newest, with its rows.
    """
    with connect(database_url, scratch.schema, autocommit=True) as connection:
        drop(connection, scratch)
        try:
            with connection.transaction():
                _furnish(connection, scratch, first)
            yield
        finally:
            drop(connection, scratch)


def drop(connection: Connection, scratch: Scratch) -> None:
    """Remove the copy's schemas with all that is in them."""
    for schema in scratch.schemas:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def _furnish(connection: Connection, scratch: Scratch, first: date) -> None:
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(scratch.scratch)))
    written = {"fit_run", *KEPT_APART, *COPIED, *scratch.landing}
    for name in sorted(written):
        connection.execute(sql.SQL("create table {} (like {} including all)").format(
            scratch.table(name), scratch.original(name)))
    for name in sorted(set(scratch.shown) - written):
        # Through a view that begins with `with`, Postgres lets nobody write; the planner looks through it all the same.
        connection.execute(sql.SQL("create view {} as with held as (select * from {}) select * from held").format(
            scratch.table(name), scratch.original(name)))
    for name in COPIED:
        connection.execute(sql.SQL("insert into {} select * from {}").format(
            scratch.table(name), scratch.original(name)))
    _copy_runs(connection, scratch, first)


def _copy_runs(connection: Connection, scratch: Scratch, first: date) -> None:
    """Copy the log of published runs; of the fits that are made again only what they go on from."""
    found = connection.execute(sql.SQL("""
        insert into {copy} select * from {log} where status = 'published' and pruned_at is null and (
            fit <> all(%(out)s) or run_id in (
                select distinct on (fit) run_id from {log}
                where fit = any(%(again)s) and status = 'published' and pruned_at is null and as_of < %(first)s
                order by fit, as_of desc, started_at desc))
        returning run_id, fit""").format(copy=scratch.table("fit_run"), log=scratch.original("fit_run")),
        {"out": list(scratch.left_out), "again": list(scratch.refitted), "first": first}).fetchall()
    goes_on = [run_id for run_id, fit in found if fit in scratch.refitted]
    for name in sorted(scratch.landing):
        connection.execute(sql.SQL("insert into {} select * from {} where run_id = any(%s)").format(
            scratch.table(name), scratch.original(name)), [goes_on])
