"""A second warehouse that lives as long as a replay: schemas `whatif_<schema>*` beside those of the first.

It reads the first one's source tables and snapshots through views, and Postgres refuses to write through them. The run
log, the notes of builds and the landing tables of fits that are made again are tables of its own. Builds and fits are
those of every night. The schemas are dropped at the end, or by the next replay if this one is killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from orchestration.dbt import Dbt
from orchestration.graph.affected_fits import needed_models
from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline, Step
from orchestration.settings import Settings
from python_models.errors import NotEstimable
from python_models.fitting.fit import Fit
from python_models.warehouse.connection import Connection, connect

NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
NO_SNAPSHOTS = ("--exclude-resource-type", "snapshot")
OWN_SOURCE = "runs"  # the run log and the notes of builds
OWN_TABLE = "create table {second} (like {first} including all)"
# Postgres refuses to write through a view that begins with `with`; the planner sees the table behind it all the same.
READ_ONLY_VIEW = "create view {second} as with rows as (select * from {first}) select * from rows"
# Snapshots that a build has taken: one that no fit of this warehouse reads may not be there.
TAKEN = "select tablename::text from pg_tables where schemaname = %(schema)s and tablename = any(%(names)s)"
# Published runs of fits that are not made again. Scorings that land in the tables of one that is are left out too.
OTHER_RUNS = """
    insert into {second} select * from {first}
    where fit <> all(%s) and status = 'published' and pruned_at is null"""
# Of fits that are made again, the runs that they go on from.
EARLIER_RUNS = """
    insert into {second} select distinct on (fit) * from {first}
    where fit = any(%s) and as_of < %s and status = 'published' and pruned_at is null
    order by fit, as_of desc, started_at desc
    returning run_id"""


def dbt_apart(settings: Settings, database_url: str, as_of: date) -> Dbt:
    """Return dbt with artifacts of its own, so that those of the nightly builds stay what they are."""
    home = settings.home / "whatif" / settings.dbt_schema
    return Dbt(settings.only_reading().model_copy(update={"dreamseed_home": home}), database_url, as_of)


@dataclass(frozen=True)
class Replay:
    """The second warehouse; Postgres and the R services are those of the first."""

    settings: Settings
    database_url: str
    manifest: Manifest

    def refit(self, fit: Fit, as_of: date) -> Step:
        """Build what `fit` reads as of a day, then fit; too little data is a result too."""
        self.build(self.manifest.exposure_id(fit.name), as_of)
        pipeline, step = Pipeline(self.settings), Step(f"{fit.name} {as_of}", is_done=True)
        try:
            outcome = pipeline.fit(fit, as_of)
            step.rows, step.note = outcome.rows_out, "; ".join([outcome.status, *outcome.reasons])
        except NotEstimable as refusal:
            step.note = str(refusal)
        step.seconds = sum(done.seconds for done in pipeline.steps)
        return step

    def build(self, unique_id: str, as_of: date) -> None:
        """Build the models that `unique_id` needs, and no others; no tests. Snapshots are those of the first."""
        names = sorted(uid.split(".")[-1] for uid in needed_models(self.manifest, unique_id))
        dbt_apart(self.settings, self.database_url, as_of).build(
            "--select", *names, *NO_TESTS, *NO_SNAPSHOTS, quiet=True)


@contextmanager
def replay(first: Pipeline, settings: Settings, refits: Sequence[str], since: date) -> Iterator[Replay]:
    """Hold the second warehouse of `first` while the block runs, without runs of the fits `refits` from `since` on."""
    schema, second = first.settings.dbt_schema, f"whatif_{first.settings.dbt_schema}"
    settings = settings.model_copy(update={"dbt_schema": second})
    manifest = dbt_apart(settings, first.database_url, since).parse()
    schemas = sorted(manifest.schemas() | {second})
    _drop(first.database_url, schemas)
    try:
        with connect(first.database_url, schema) as connection:
            _create(connection, manifest, schema, second, refits, since)
        yield Replay(settings, first.database_url, manifest)
    finally:
        _drop(first.database_url, schemas)


def _create(connection: Connection, manifest: Manifest, schema: str, second: str, refits: Sequence[str],
            since: date) -> None:
    """Create the second warehouse in one transaction; nothing is built in it yet."""
    def execute(text: str, table: str, *values: object) -> psycopg.Cursor[tuple[object, ...]]:
        names = {"first": sql.Identifier(schema, table), "second": sql.Identifier(second, table)}
        return connection.execute(sql.SQL(text).format(**names), values)

    fits = manifest.fits()
    landing = {table.relation.name for name in refits for table in fits[name].landing}
    replaced = [name for name, fit in fits.items() if landing & {table.relation.name for table in fit.landing}]
    own = {uid.split(".")[-1] for uid in manifest.source_ids(OWN_SOURCE)} | landing
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(second)))
    taken = {str(name) for name, in connection.execute(TAKEN, {"schema": schema, "names": list(manifest.snapshots())})}
    for table in sorted(manifest.source_tables() | taken | own):
        execute(OWN_TABLE if table in own else READ_ONLY_VIEW, table)
    execute(OTHER_RUNS, "fit_run", replaced)
    kept = [run_id for run_id, in execute(EARLIER_RUNS, "fit_run", list(refits), since)]
    for table in sorted(landing):
        execute("insert into {second} select * from {first} where run_id = any(%s)", table, kept)


def _drop(database_url: str, schemas: Sequence[str]) -> None:
    with connect(database_url) as connection:
        for schema in schemas:
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
