"""Whether a warehouse does what it should: its tables, the R services, the age of the fits. Starts and writes nothing.

What there is to check comes from dbt's manifest and the settings; no fit, table or service is named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg

from orchestration.dbt import Dbt
from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import require_tables
from orchestration.settings import Settings
from orchestration.stack.services import RServices, short_name
from orchestration.stack.stack import Stack
from python_models.errors import BusyError, DreamseedError, UsageError
from python_models.fitting.fit import Fit
from python_models.warehouse import migrations, run_log
from python_models.warehouse.connection import connect


@dataclass(frozen=True)
class Finding:
    """What one look at one thing found."""

    check: str
    subject: str
    passed: bool
    said: str
    fix: str = ""

    def line(self) -> str:
        """Give the finding as one line: PASS or FAIL, the check, the thing, what was found, the fix."""
        verdict, fix = ("PASS", "") if self.passed else ("FAIL", f" Fix: {self.fix}" if self.fix else "")
        return f"{verdict} {self.check} {self.subject}: {self.said}{fix}"


@dataclass(frozen=True)
class Subject:
    """The warehouse that is looked at, and which of its fits."""

    settings: Settings
    database_url: str
    manifest: Manifest
    fits: tuple[Fit, ...]


def verify(settings: Settings, as_of: date, checks: Sequence[str], fits: Sequence[str] = ()) -> list[Finding]:
    """Make `checks` (names in CHECKS) on the fits named (none: all); one check's trouble does not hide another.

    Raises UsageError for an unknown fit or an embedded Postgres that is not up, DreamseedError if dbt cannot parse.
    """
    stack = Stack(settings)
    if not settings.database_url and stack.postgres.pid() is None:
        raise UsageError("The embedded Postgres of this home is not up, and verify starts nothing.",
                         "run `dreamseed up`, or set DATABASE_URL.")
    url = stack.database_url()
    manifest = Dbt(settings, url, as_of).parse()
    chosen = tuple(manifest.fit(name) for name in fits) or tuple(manifest.fits().values())
    subject = Subject(settings, url, manifest, chosen)
    return [finding for name in checks for finding in _made(name, subject)]


def _made(name: str, subject: Subject) -> list[Finding]:
    try:
        return list(CHECKS[name](subject))
    except DreamseedError as error:
        return [Finding(name, "warehouse", False, error.message, error.fix)]
    except psycopg.Error as error:
        line = str(error).strip().splitlines()[0]
        return [Finding(name, "warehouse", False, f"the database refused: {line}.", "see the database's log.")]


def _revision(subject: Subject) -> Iterator[Finding]:
    """The tables of the migrations are at this code's revision."""
    require_tables(subject.database_url, subject.settings.dbt_schema)
    yield Finding("revision", "warehouse", True, f"the tables are at {migrations.head()}, as this code needs.")


def _tables(subject: Subject) -> Iterator[Finding]:
    """Every table that the warehouse writes is there."""
    with connect(subject.database_url, subject.settings.dbt_schema) as connection:
        names = sorted(f"{relation.schema}.{relation.name}" for relation in subject.manifest.owned_tables())
        missing = [str(name) for name, in connection.execute(
            "select name from unnest(%s::text[]) as name where to_regclass(name) is null order by 1", [names])]
    shown = f"{', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}"
    said = f"{len(missing)} of {len(names)} are missing: {shown}." if missing else f"all {len(names)} are there."
    yield Finding("tables", "warehouse", not missing, said, "run `dreamseed run`: it builds them in order.")


def _health(subject: Subject) -> Iterator[Finding]:
    """Each R service that a fit calls answers 200 on /readyz."""
    services = RServices(subject.settings)
    for service in sorted({fit.service for fit in subject.fits}):
        ready = services.is_ready(short_name(service))
        place = f"R_{short_name(service).upper()}_BASE_URL"
        said = {True: "answers 200 on /readyz.", False: "does not answer 200 on /readyz.", None: "is not up."}[ready]
        yield Finding("health", service, ready is True, said,
                      f"read its log; check {place}." if ready is False else f"run `dreamseed up`, or set {place}.")


def _freshness(subject: Subject) -> Iterator[Finding]:
    """The newest published run of each fit is no older than its landing tables are declared to be."""
    with connect(subject.database_url, subject.settings.dbt_schema) as connection:
        moment = run_log.now(connection)
        newest = {str(fit): finished for fit, finished in connection.execute(
            "select fit, max(finished_at) from fit_run where status = 'published' group by fit")}
    if not isinstance(moment, datetime):
        raise BusyError("The database did not tell the time.", "try again.")
    for fit in sorted(subject.fits, key=lambda fit: fit.name):
        yield _age(fit, _allowed(subject.manifest, fit), newest.get(fit.name), moment)


def _age(fit: Fit, allowed: timedelta | None, finished: object, moment: datetime) -> Finding:
    remedy = f"see `dreamseed runs {fit.name}`, then run the job {fit.job or fit.name} again."
    if allowed is None:
        return Finding("freshness", fit.name, False, "its landing tables declare no freshness.",
                       "give its source freshness.warn_after.")
    if not isinstance(finished, datetime):
        return Finding("freshness", fit.name, False, "no run was ever published.", remedy)
    hours, limit = (moment - finished) / timedelta(hours=1), allowed / timedelta(hours=1)
    return Finding("freshness", fit.name, hours <= limit,
                   f"newest published run is {hours:.1f} h old, {limit:g} h are allowed.", remedy)


def _allowed(manifest: Manifest, fit: Fit) -> timedelta | None:
    """Return the age at which the strictest of the landing tables is stale by its own declaration."""
    landing = {table.relation for table in fit.landing}
    return min((source.warn_after for source in manifest.watched_sources() if source.relation in landing), default=None)


CHECKS: dict[str, Callable[[Subject], Iterator[Finding]]] = {
    "revision": _revision, "tables": _tables, "health": _health, "freshness": _freshness}
