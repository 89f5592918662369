"""Checks a warehouse: its tables, the R services, the age of the fits. Starts nothing and writes nothing.

Fits, tables and services come from dbt's manifest and the settings; none is named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg

from orchestration.dbt import Dbt
from orchestration.graph.manifest import Manifest
from orchestration.settings import Settings
from orchestration.stack.services import RServices, short_name
from orchestration.stack.stack import Stack
from python_models.errors import DreamseedError, UsageError, first_line
from python_models.fitting.fit import Fit
from python_models.warehouse import revisions, run_log
from python_models.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Finding:
    """The result of one check of one subject, such as a fit or a service."""

    check: str
    subject: str
    passed: bool
    observation: str
    fix: str = ""

    def record(self) -> dict[str, object]:
        """Return the finding as `verify --json` has it."""
        return {"check": self.check, "subject": self.subject, "passed": self.passed,
                "observation": self.observation, "fix": None if self.passed else self.fix or None}

    def line(self) -> str:
        """Return the finding as one line: PASS or FAIL, the check, the subject, what was found, the fix."""
        verdict, fix = ("PASS", "") if self.passed else ("FAIL", f" Fix: {self.fix}" if self.fix else "")
        return f"{verdict} {self.check} {self.subject}: {self.observation}{fix}"


@dataclass(frozen=True)
class Scope:
    """The warehouse to check, and which of its fits."""

    settings: Settings
    warehouse: Warehouse
    manifest: Manifest
    fits: tuple[Fit, ...]


def verify(settings: Settings, as_of: date, checks: Sequence[str], fits: Sequence[str] = ()) -> list[Finding]:
    """Run `checks` (names in CHECKS) for the `fits` named (none: all). If one check fails, the others still run.

    Raises UsageError for an unknown fit or an embedded Postgres that is not up, DreamseedError if dbt cannot parse.
    """
    stack = Stack(settings)
    if not settings.database_url and stack.postgres.pid() is None:
        raise UsageError("The embedded Postgres of this home is not up, and verify starts nothing.",
                         "run `dreamseed up`, or set DATABASE_URL.")
    warehouse = stack.warehouse()
    manifest = Dbt(settings, warehouse.url, as_of).parse()
    chosen = tuple(manifest.fit(name) for name in fits) or tuple(manifest.fits().values())
    scope = Scope(settings, warehouse, manifest, chosen)
    return [finding for name in checks for finding in _run_check(name, scope)]


def _run_check(name: str, scope: Scope) -> list[Finding]:
    try:
        return list(CHECKS[name](scope))
    except DreamseedError as error:
        return [Finding(name, "warehouse", False, error.message, error.fix)]
    except psycopg.Error as error:
        return [Finding(name, "warehouse", False, f"the database refused: {first_line(error)}.",
                        "see the database's log.")]


def _revision(scope: Scope) -> Iterator[Finding]:
    """The tables of the migrations are at this code's revision."""
    scope.warehouse.require_tables()
    yield Finding("revision", "warehouse", True, f"the tables are at {revisions.head()}, as this code needs.")


def _tables(scope: Scope) -> Iterator[Finding]:
    """Every table that the warehouse writes exists."""
    with scope.warehouse.connect() as connection:
        names = sorted(f"{relation.schema}.{relation.name}" for relation in scope.manifest.owned_tables())
        missing = [str(name) for name, in connection.execute(
            "select name from unnest(%s::text[]) as name where to_regclass(name) is null order by 1", [names])]
    shown = f"{', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}"
    found = f"{len(missing)} of {len(names)} are missing: {shown}." if missing else f"all {len(names)} are there."
    yield Finding("tables", "warehouse", not missing, found, "run `dreamseed run`: it builds them in order.")


def _health(scope: Scope) -> Iterator[Finding]:
    """Each R service that a fit calls answers 200 on /readyz."""
    services = RServices(scope.settings)
    for service in sorted({fit.service for fit in scope.fits}):
        ready = services.is_ready(short_name(service))
        place = f"R_{short_name(service).upper()}_BASE_URL"
        found = {True: "answers 200 on /readyz.", False: "does not answer 200 on /readyz.", None: "is not up."}[ready]
        yield Finding("health", service, ready is True, found,
                      f"read its log; check {place}." if ready is False else f"run `dreamseed up`, or set {place}.")


def _freshness(scope: Scope) -> Iterator[Finding]:
    """The newest published run of each fit is no older than its landing tables are declared to be."""
    with scope.warehouse.connect() as connection:
        moment = run_log.now(connection)
        newest = {str(fit): finished for fit, finished in connection.execute(
            "select fit, max(finished_at) filter (where status = 'published') from fit_run group by fit")}
    for fit in sorted(scope.fits, key=lambda fit: fit.name):
        if fit.name in newest:
            yield _age(fit, _allowed(scope.manifest, fit), newest[fit.name], moment)
        else:
            yield Finding("freshness", fit.name, True, "not run yet.")


def _age(fit: Fit, allowed: timedelta | None, finished: object, moment: datetime) -> Finding:
    remedy = f"see `dreamseed runs {fit.name}`, then run the job {fit.job or fit.name} again."
    if allowed is None:
        return Finding("freshness", fit.name, False, "its landing tables declare no freshness.",
                       "give its source freshness.warn_after.")
    if not isinstance(finished, datetime):
        return Finding("freshness", fit.name, False, "it ran, but no run is published.", remedy)
    hours, limit = (moment - finished) / timedelta(hours=1), allowed / timedelta(hours=1)
    return Finding("freshness", fit.name, hours <= limit,
                   f"newest published run is {hours:.1f} h old, {limit:g} h are allowed.", remedy)


def _allowed(manifest: Manifest, fit: Fit) -> timedelta | None:
    """Return the age from which a landing table is stale; of several declared ages, the smallest."""
    landing = {table.relation for table in fit.landing}
    return min((source.warn_after for source in manifest.watched_sources() if source.relation in landing), default=None)


CHECKS: dict[str, Callable[[Scope], Iterator[Finding]]] = {
    "revision": _revision, "tables": _tables, "health": _health, "freshness": _freshness}
