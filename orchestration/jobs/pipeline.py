"""One job from end to end: build before, fit, build after; each step timed and counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date

from orchestration.dbt import BuildResult, Dbt
from orchestration.graph.manifest import Manifest
from orchestration.graph.plan import Slice, last, left_before, plan, rest
from orchestration.settings import Settings
from orchestration.stack.services import short_name
from orchestration.stack.stack import Stack
from python_models.errors import NotEstimable, RejectedError, UsageError
from python_models.fitting.client import Progress
from python_models.fitting.fit import Fit, Outcome
from python_models.fitting.runner import Request, run_fit
from python_models.warehouse import migrations
from python_models.warehouse.connection import connect

# Unit tests prove the code, not the data: they belong to `make test`, not to every night.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


@dataclass
class Step:
    """One line of what a job did."""

    name: str
    rows: int = 0
    seconds: float = 0.0
    note: str = ""


@dataclass
class Pipeline:
    """Runs jobs on one warehouse. `on_step` is told of every finished step."""

    settings: Settings
    on_step: Callable[[Step], None] = lambda step: None
    on_progress: Callable[[str], AbstractContextManager[Progress]] | None = None
    force: bool = False
    dry_run: bool = False
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the warehouse; the embedded Postgres is started if it is needed. Raises BusyError if it is away."""
        self.stack = Stack(self.settings)
        self.database_url = self.stack.database_url()
        connect(self.database_url).close()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time the block as a step; the block fills in rows and note."""
        step, start = Step(name), time.monotonic()
        yield step
        step.seconds = time.monotonic() - start
        self.steps.append(step)
        self.on_step(step)

    def init(self) -> None:
        """Bring the warehouse's own tables to the newest revision."""
        with self.step("migrate") as step:
            migrations.upgrade(sqlalchemy_url(self.database_url), self.settings.dbt_schema)
            step.note = f"revision {migrations.head()}"

    def run(self, names: Sequence[str], as_of: date, job: str = "") -> list[Outcome]:
        """Build before, fit and build after, for the fits `names` in the plan's order; none: all that belong to `job`.

        Without `job` too these are the fits of no job; what no fit reads and no fit feeds, and what reports read, is
        built last. A
        rejected fit does not stop the others: its readers keep the previous run; see `require_published`. Nor does
        one with too little data: when all else is done, its NotEstimable is raised.
        """
        manifest = self.dbt(as_of).parse()
        slices = plan(manifest)
        chosen = _chosen(slices, names, job)
        ended = [self._run_slice(manifest, piece, chosen[:place], as_of) for place, piece in enumerate(chosen)]
        if not names and not job and not self.dry_run:
            self.build("the rest", rest(chosen), as_of)
            self.build("what reports read", last(), as_of)
        for refusal in ended:
            if isinstance(refusal, NotEstimable):
                raise refusal
        return [outcome for outcome in ended if isinstance(outcome, Outcome)]

    def build(self, name: str, arguments: Sequence[str], as_of: date) -> BuildResult:
        """Build one slice of the warehouse, tests included."""
        with self.step(f"build {name}") as step:
            built = self.dbt(as_of).build(*arguments, *NO_UNIT_TESTS, quiet=True)
            step.rows = built.rows
            step.note = f"{built.nodes} models, {built.tests} tests" + (
                f", {built.warnings} warnings" if built.warnings else "")
        return built

    def build_before(self, fit: str, as_of: date) -> BuildResult:
        """Build what `fit` reads, and what its readers read besides it. Raises UsageError for an unknown fit."""
        return self.build(f"before {fit}", self._slice(fit, as_of).before, as_of)

    def build_after(self, fit: str, as_of: date) -> BuildResult:
        """Build what reads `fit`; its landing tables' tests come first. Raises UsageError for an unknown fit."""
        return self.build(f"after {fit}", self._slice(fit, as_of).after, as_of)

    def fit(self, fit: Fit, as_of: date) -> Outcome:
        """Run one fit through its service."""
        with self.step(f"fit {fit.name}") as step:
            with self.on_progress(fit.name) if self.on_progress else nullcontext() as listen:
                outcome = run_fit(self._request(fit, as_of), listen)
            step.rows, step.note = outcome.rows_out, f"{outcome.status} {outcome.run_id}"
        return outcome

    def dbt(self, as_of: date) -> Dbt:
        """Return dbt on this warehouse as of a day."""
        return Dbt(self.settings, self.database_url, as_of)

    def _slice(self, fit: str, as_of: date) -> Slice:
        return Slice(self.dbt(as_of).parse().fit(fit).name, ())

    def _run_slice(self, manifest: Manifest, piece: Slice, done: Sequence[Slice],
                   as_of: date) -> Outcome | NotEstimable:
        if not self.dry_run and left_before(manifest, piece, done):
            self.build(f"before {piece.fit}", piece.before_after(done), as_of)
        ended: Outcome | NotEstimable
        try:
            ended = self.fit(manifest.fit(piece.fit), as_of)
        except NotEstimable as refusal:
            ended = refusal
        if not self.dry_run:
            self.build(f"after {piece.fit}", piece.after, as_of)
        return ended

    def _request(self, fit: Fit, as_of: date) -> Request:
        params = {name: self.settings.value(setting) for name, setting in sorted(fit.parameters.items())}
        return Request(
            fit=fit, as_of=as_of, params=params, database_url=self.database_url, schema=self.settings.dbt_schema,
            address=self.stack.services.address(short_name(fit.service)),
            lock_wait_seconds=self.settings.lock_wait_secs, force=self.force, dry_run=self.dry_run)


def require_published(outcomes: Sequence[Outcome]) -> None:
    """Raise RejectedError naming every gate that failed, if any run was rejected."""
    rejected = [outcome for outcome in outcomes if outcome.status == "rejected"]
    if rejected:
        reasons = "; ".join(f"{outcome.run_id}: {', '.join(outcome.reasons)}" for outcome in rejected)
        raise RejectedError(f"Not published ({reasons}). The previous run stays in force.",
                            "see `dreamseed runs` and docs/operations.md.")


def require_tables(database_url: str, schema: str) -> None:
    """Raise UsageError unless the tables are at this code's revision; it says whether up or down is the way.

    Raises BusyError where the database cannot be reached.
    """
    connect(database_url).close()  # Alembic's own words for that would be a traceback
    found, wanted = migrations.current(sqlalchemy_url(database_url), schema), migrations.head()
    migrations.require_known(found)
    if found != wanted:
        raise UsageError(f"The warehouse's tables are at revision {found or '(none)'}, this code needs {wanted}.",
                         "run `dreamseed init`.")


def sqlalchemy_url(url: str) -> str:
    """Name the driver that SQLAlchemy shall use."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def rejected_rows(database_url: str, schema: str) -> list[tuple[object, ...]]:
    """Return (reason code, rows) of `attempt_rejected`; empty before the first build."""
    with connect(database_url, schema) as connection:
        built = connection.execute("select to_regclass('attempt_rejected')").fetchone()
        if built is None or built[0] is None:
            return []
        return connection.execute(
            "select reason_code, count(*) from attempt_rejected group by 1 order by 2 desc").fetchall()


def _chosen(slices: Sequence[Slice], names: Sequence[str], job: str) -> list[Slice]:
    known = {piece.fit for piece in slices}
    unknown = sorted(set(names) - known)
    if unknown:
        raise UsageError(f"There is no fit {', '.join(unknown)}.", f"use one of: {', '.join(sorted(known))}.")
    return [piece for piece in slices if (piece.fit in names if names else piece.job == job)]
