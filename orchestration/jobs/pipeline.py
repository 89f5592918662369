"""One job from end to end: build before the fit, fit, build after it; each step timed and counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from orchestration.dbt import BuildResult, Dbt
from orchestration.graph.manifest import Manifest
from orchestration.graph.plan import Slice, last, outside_of_fits, plan, still_to_build
from orchestration.graph.widen import SELECTING, missing, widened
from orchestration.jobs.refusals import Refusal, require_estimable
from orchestration.settings import Settings
from orchestration.stack.services import short_name
from orchestration.stack.stack import Stack
from python_models.errors import NotEstimable, RejectedError
from python_models.fitting.client import Progress
from python_models.fitting.fit import Fit, Outcome, require_known
from python_models.fitting.runner import Request, run_fit
from python_models.warehouse import releases, revisions
from python_models.warehouse.open_jobs import OpenJob, open_job
from python_models.warehouse.releases import Release

# Unit tests check the code, not the data: they belong to `make test`, not to every night.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


@dataclass
class Step:
    """One line of what a job did."""

    name: str
    rows: int = 0
    seconds: float = 0.0
    note: str = ""
    is_done: bool = False


@dataclass
class Pipeline:
    """Runs jobs on one warehouse. `on_step` is called with every step that ended, also with one that failed."""

    settings: Settings
    on_step: Callable[[Step], None] = lambda step: None
    on_progress: Callable[[str], AbstractContextManager[Progress]] | None = None
    force: bool = False
    dry_run: bool = False
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the warehouse; start the embedded Postgres if needed. Raises BusyError if the database is away."""
        self.stack = Stack(self.settings)
        self.warehouse = self.stack.warehouse()
        self.warehouse.connect().close()

    @property
    def database_url(self) -> str:
        """The postgresql:// URL of the warehouse's database."""
        return self.warehouse.url

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time the block as a step; the block fills in rows and note."""
        step, start = Step(name), time.monotonic()
        try:
            yield step
            step.is_done = True
        except NotEstimable as refusal:
            step.note = refusal.message
            raise
        finally:
            step.seconds = time.monotonic() - start
            self.steps.append(step)
            self.on_step(step)

    def init(self) -> None:
        """Bring the warehouse's own tables to the newest revision."""
        from python_models.warehouse import migrations  # noqa: PLC0415 - Alembic is slow to import, only init needs it

        with self.step("migrate") as step:
            migrations.upgrade(self.warehouse)
            step.note = f"revision {revisions.head()}"

    def run(self, names: Sequence[str], as_of: date, job: str = "", ends: bool = True) -> list[Outcome]:
        """Do what `attempt` does. Raises NotEstimable, naming every fit that had too little data, at the end."""
        ended = self.attempt(names, as_of, job, ends)
        require_estimable(ended)
        return [one for one in ended if isinstance(one, Outcome)]

    def attempt(self, names: Sequence[str], as_of: date, job: str = "", ends: bool = True) -> list[Outcome | Refusal]:
        """Build before, fit and build after, for the fits `names` in the plan's order; without names, those of `job`.

        What was built is released at the end, unless a longer job goes on (`ends`).

        Without names and job it runs every fit that belongs to no job, then builds the models that are neither upstream
        nor downstream of a fit, and last what reports read. Neither a rejected fit nor one with too little data stops
        the others: downstream models keep its previous run. See `require_published` and `require_estimable`.
        """
        with self.job(job or " ".join(("run", *names))) if ends else nullcontext():
            with self._listening("dbt parse"):
                manifest = self.dbt(as_of).parse()
            slices = plan(manifest)
            chosen = _chosen(slices, names, job)
            ended = [self._run_slice(manifest, piece, chosen[:place], as_of) for place, piece in enumerate(chosen)]
            if not names and not job and not self.dry_run:
                self.build("the rest", outside_of_fits(chosen), as_of)
                self.build("what reports read", last(), as_of)
        return ended

    def build(self, name: str, arguments: Sequence[str], as_of: date) -> BuildResult:
        """Build one slice of the warehouse, tests included."""
        with self.step(f"build {name}") as step, self._listening(f"build {name}") as listen:
            built = self.dbt(as_of).build(*arguments, *NO_UNIT_TESTS, quiet=True, on_progress=listen)
            step.rows = built.rows
            step.note = f"{built.nodes} models, {built.tests} tests" + (
                f", {built.warnings} warnings" if built.warnings else "")
        return built

    def build_selection(self, arguments: Sequence[str], as_of: date) -> BuildResult:
        """Run `dbt build` with a person's arguments, widened where they must be.

        Raises DreamseedError when a node or test fails.
        """
        return self.dbt(as_of).build(*self._widened(arguments, as_of))

    def _widened(self, arguments: Sequence[str], as_of: date) -> Sequence[str]:
        """Add to a selection what its incremental models cannot be built without; a step says what."""
        dbt = self.dbt(as_of)
        if not any(argument.split("=")[0] in SELECTING for argument in arguments):
            return arguments
        added = missing(dbt.parse(), dbt.names(arguments))
        if not added:
            return arguments
        self.on_step(Step("selection widened", len(added), is_done=True, note=", ".join(
            f"{name} for {reader}" for name, reader in sorted(added.items()))))
        return widened(arguments, sorted(added))

    def build_before(self, fit: str, as_of: date) -> BuildResult:
        """Build what is upstream of `fit` and of the models downstream of it. Raises UsageError for an unknown fit."""
        return self.build(f"before {fit}", self._slice(fit, as_of).before, as_of)

    def build_after(self, fit: str, as_of: date) -> BuildResult:
        """Test the landing tables of `fit`, then build downstream of them. Raises UsageError for an unknown fit."""
        return self.build(f"after {fit}", self._widened(self._slice(fit, as_of).after, as_of), as_of)

    def docs(self, as_of: date) -> Path:
        """Write the lineage site, which names the release that readers see; return its path."""
        with self.warehouse.connect() as connection:
            release = releases.shown(connection)
        with self._listening("dbt docs"):
            return self.dbt(as_of).docs(f"Readers see {release.line()}." if release else "There is no release yet.")

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Release at the end of the block what it built, unless it fails; jobs that end meanwhile leave that to it."""
        if self.dry_run:
            yield
            return
        with open_job(self.warehouse) as own:
            yield
            self.release(name, own)

    def release(self, job: str, own: OpenJob | None = None) -> Release | None:
        """Show readers what is built now; `job` made it. dbt's last manifest says what marts there are.

        Returns None if other jobs are open beside one's `own`: the last of them releases. Raises UsageError if nothing
        is built, BusyError if a build or a reader is in the way.
        """
        with self.step("release") as step:
            marts = Manifest.read(self.settings.home / "target" / "manifest.json").marts(self.warehouse.schema)
            release = releases.publish(self.warehouse, marts, job, self.settings.lock_wait_secs, own)
            step.note = f"release {release.release_id}" if release else "left to the job that still runs"
        return release

    def fit(self, fit: Fit, as_of: date) -> Outcome:
        """Run one fit through its service."""
        with self.step(f"fit {fit.name}") as step:
            with self._listening(fit.name) as listen:
                outcome = run_fit(self._request(fit, as_of), listen)
            warnings = fit.warnings({gate.name: gate.value for gate in outcome.gates})
            outcome = replace(outcome, warnings=tuple(warnings), fit=fit.name, as_of=as_of)
            step.rows, step.note = outcome.rows_out, f"{outcome.status} {outcome.run_id}"
        return outcome

    def _listening(self, name: str) -> AbstractContextManager[Progress | None]:
        """Return the context that shows the progress of the step `name`, if somebody looks."""
        return self.on_progress(name) if self.on_progress else nullcontext()

    def dbt(self, as_of: date) -> Dbt:
        """Return dbt on this warehouse as of a day."""
        return Dbt(self.settings, self.database_url, as_of)

    def _slice(self, fit: str, as_of: date) -> Slice:
        return Slice(self.dbt(as_of).parse().fit(fit).name, ())

    def _run_slice(self, manifest: Manifest, piece: Slice, done: Sequence[Slice], as_of: date) -> Outcome | Refusal:
        if not self.dry_run and still_to_build(manifest, piece, done):
            self.build(f"before {piece.fit}", piece.before_excluding(done), as_of)
        ended: Outcome | Refusal
        try:
            ended = self.fit(manifest.fit(piece.fit), as_of)
        except NotEstimable as reason:
            ended = Refusal(piece.fit, as_of, reason)
        if not self.dry_run:
            self.build(f"after {piece.fit}", piece.after, as_of)
        return ended

    def _request(self, fit: Fit, as_of: date) -> Request:
        params = {name: self.settings.value(setting) for name, setting in sorted(fit.parameters.items())}
        return Request(
            fit=fit, as_of=as_of, params=params, warehouse=self.warehouse,
            address=self.stack.services.address(short_name(fit.service)),
            lock_wait_seconds=self.settings.lock_wait_secs, force=self.force, dry_run=self.dry_run)


def require_published(ended: Sequence[Outcome | Refusal]) -> None:
    """Raise RejectedError, naming every gate that failed, if a run was rejected."""
    rejected = [one for one in ended if isinstance(one, Outcome) and one.status == "rejected"]
    if rejected:
        reasons = "; ".join(f"{outcome.run_id}: {', '.join(outcome.reasons)}" for outcome in rejected)
        raise RejectedError(f"Not published ({reasons}). The previous run stays current.",
                            "see `dreamseed runs` and docs/operations.md.")


def _chosen(slices: Sequence[Slice], names: Sequence[str], job: str) -> list[Slice]:
    known = {piece.fit for piece in slices}
    for name in names:
        require_known(name, known)
    return [piece for piece in slices if (piece.fit in names if names else piece.job == job)]
