"""Upkeep of a whole warehouse: pruning old runs and erasing a learner, under the locks of everything it touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline
from python_models.warehouse import erasure, retention
from python_models.warehouse.connection import advisory_lock, connect
from python_models.warehouse.erasure import Erasure
from python_models.warehouse.retention import PrunedRun
from reports.delivery import ledger, sinks


def prune(pipeline: Pipeline, manifest: Manifest, as_of: date, keep: timedelta, dry_run: bool) -> list[PrunedRun]:
    """Remove the landing rows of runs older than `keep` before `as_of`; return what went (or would go).

    Readers of a fit are views or rest on runs that stay, so nothing has to be built again. Raises BusyError while
    a fit or a build is running.
    """
    done = []
    with _locks(pipeline, manifest.fits()), connect(pipeline.database_url, pipeline.settings.dbt_schema) as connection:
        for fit in manifest.fits().values():
            for run in retention.prunable(connection, fit, as_of - keep):
                if not dry_run:
                    retention.prune(connection, fit, run)
                done.append(run)
    return done


def erase(pipeline: Pipeline, manifest: Manifest, user_id: str) -> Erasure:
    """Remove a learner's reports, then the learner from every table the warehouse owns.

    Return what went and who else still holds them. Reports of classes that the learner sat in name the learner, so they
    go too; `dreamseed report` makes them anew. Raises BusyError while a fit or a build is running, DreamseedError (with
    all tables as they were) if a file cannot be removed or a row is left.
    """
    schema = pipeline.settings.dbt_schema
    with _locks(pipeline, manifest.fits()), connect(pipeline.database_url, schema) as connection:
        files = ledger.files_about(connection, user_id)
        for url in files:  # the files first: once the rows are gone, nobody knows where they lie
            sinks.remove(url)
        ledger.forget(connection, files)
        done = erasure.erase(connection, user_id, schema, manifest.owned_tables())
    done.files = files
    return done


@contextmanager
def _locks(pipeline: Pipeline, fits: Iterable[str]) -> Iterator[None]:
    """Hold the build's lock and those of all fits; the order is fixed, and nobody else holds more than one."""
    schema, wait = pipeline.settings.dbt_schema, pipeline.settings.lock_wait_secs
    names = [f"dreamseed.build.{schema}", *(f"dreamseed.fit.{schema}.{fit}" for fit in sorted(fits))]
    with connect(pipeline.database_url, autocommit=True) as guard, ExitStack() as held:
        for name in names:
            held.enter_context(advisory_lock(guard, name, wait))
        yield
