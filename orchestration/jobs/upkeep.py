"""Upkeep of a whole warehouse: prune old runs and erase a learner, under the locks of the build and of every fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline
from python_models.warehouse import erasure, retention
from python_models.warehouse.erasure import Erasure
from python_models.warehouse.retention import PrunedRun
from reports.delivery import ledger, sinks


def prune(pipeline: Pipeline, manifest: Manifest, as_of: date, keep: timedelta, dry_run: bool) -> list[PrunedRun]:
    """Remove the landing rows of runs older than `keep` before `as_of`; return the runs removed (or to be removed).

    Models downstream of a fit are views, or depend on runs that stay, so nothing has to be rebuilt. Raises BusyError
    while a fit or a build is running.
    """
    done = []
    with _locks(pipeline, manifest.fits()), pipeline.warehouse.connect() as connection:
        for fit in manifest.fits().values():
            for run in retention.prunable(connection, fit, as_of - keep):
                if not dry_run:
                    retention.prune(connection, fit, run)
                done.append(run)
    return done


def erase(pipeline: Pipeline, manifest: Manifest, user_id: str) -> Erasure:
    """Remove a learner's reports, then the learner from every table the warehouse owns.

    Return what was removed, and which other tables still hold the learner. Reports of the learner's classes name the
    learner, so they are removed, too; `dreamseed report` creates them again. Raises BusyError while a fit or a build is
    running, DreamseedError (with all tables unchanged) if a file cannot be removed or a row is left.
    """
    with _locks(pipeline, manifest.fits()), pipeline.warehouse.connect() as connection:
        files = ledger.files_about(connection, user_id)
        for url in files:  # the files first: without the rows nobody knows where the files are
            sinks.remove(url)
        ledger.forget(connection, files)
        done = erasure.erase(connection, user_id, pipeline.warehouse.schema, manifest.owned_tables())
    done.files = files
    return done


@contextmanager
def _locks(pipeline: Pipeline, fits: Iterable[str]) -> Iterator[None]:
    """Hold the lock of the build and those of all `fits`; the order is fixed, and no other job holds more than one."""
    wait = pipeline.settings.lock_wait_secs
    with ExitStack() as held:
        held.enter_context(pipeline.warehouse.lock("build", wait))
        for fit in sorted(fits):
            held.enter_context(pipeline.warehouse.lock("fit", wait, fit))
        yield
