"""Commands that build and fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from orchestration.cli.documents import json_option, show
from orchestration.cli.options import (
    DAY,
    FIT,
    alert_top_option,
    as_of_option,
    example,
    job_pipeline,
    pass_settings,
    yesterday,
)
from python_models.errors import UsageError

if TYPE_CHECKING:
    from orchestration.jobs.refusals import Refusal
    from orchestration.settings import Settings
    from python_models.fitting.fit import Outcome


@click.command(epilog=example("plan"))
@as_of_option
@json_option
@pass_settings
def plan(settings: Settings, as_of: date) -> None:
    """Show the order of fits and what dbt builds around them. The plan is read from dbt's manifest."""
    from orchestration.cli import outcomes
    from orchestration.graph.plan import plan as read_plan
    from orchestration.jobs.pipeline import Pipeline

    slices = read_plan(Pipeline(settings).dbt(as_of).parse())
    show(lambda: outcomes.plan_record(slices), lambda: outcomes.print_plan(slices))


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
               epilog=example("build --as-of 2017-12-31 --select weekly_kpi"))
@as_of_option
@click.option("--before", type=FIT, help="Build upstream of FIT, and upstream of the models downstream of it.")
@click.option("--after", type=FIT, help="Test the landing tables of FIT, then build downstream of them.")
@alert_top_option
@click.argument("selection", nargs=-1, type=click.UNPROCESSED)
@pass_settings
def build(settings: Settings, as_of: date, before: str | None, after: str | None, selection: tuple[str, ...]) -> None:
    """Run `dbt build` under the warehouse's build lock. Give a SELECTION of dbt, or --before or --after a fit.

    What was built is released, except by --before: that is the first half of a job.
    """
    if sum((before is not None, after is not None, bool(selection))) > 1:
        raise UsageError("--before, --after and a selection of dbt exclude each other.", "give one of the three.")
    from orchestration import terminal

    pipeline = job_pipeline(settings)
    pipeline.warehouse.require_tables()
    with terminal.job() as counts:
        if before is not None:  # half a job: readers do not see it
            counts["processed"] = pipeline.build_before(before, as_of).rows
            return
        with pipeline.job(f"build --after {after}" if after is not None else " ".join(("build", *selection))):
            built = pipeline.build_selection(selection, as_of) if after is None else pipeline.build_after(after, as_of)
        counts["processed"] = built.rows


@click.command(epilog=example("fit survival --as-of 2017-12-31"))
@click.argument("fit", type=FIT)
@as_of_option
@click.option("--force", is_flag=True, help="Fit again even if the same input was fitted before.")
@click.option("--dry-run", is_flag=True, help="Read and check, write nothing.")
@json_option
@pass_settings
def fit(settings: Settings, fit: str, as_of: date, force: bool, dry_run: bool) -> None:
    """Run one FIT and publish it if its gates pass. Nothing is built before or after it."""
    from orchestration import terminal

    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        outcome = pipeline.fit(pipeline.dbt(as_of).parse().fit(fit), as_of)
        _show([outcome], counts, [as_of])


@click.command(epilog=example("run survival --from 2017-01-31 --to 2017-12-31 --every month"))
@click.argument("fits", nargs=-1, type=FIT)
@as_of_option
@click.option("--from", "first", type=DAY, help="Backfill: the first day.")
@click.option("--to", "last", type=DAY, help="Backfill: the last day.")
@click.option("--every", type=click.Choice(["day", "week", "month"]), default="day", show_default=True,
              help="Backfill: every day, every Sunday, or every last day of a month.")
@click.option("--force", is_flag=True, help="Fit again even if the same input was fitted before.")
@click.option("--keep-going", is_flag=True, help="Backfill: go on after a day with too little data; exit 1 at the end.")
@click.option("--dry-run", is_flag=True, help="Show what would be fitted from what is built; write nothing.")
@alert_top_option
@json_option
@pass_settings
def run(settings: Settings, fits: tuple[str, ...], as_of: date, first: date | None, last: date | None, every: str,
        force: bool, keep_going: bool, dry_run: bool) -> None:
    """Build before, fit and build after, for FITS or for all. Fits with a command of their own run only if named.

    A backfill stops after the first day that has too little data for a fit, and names it; days before it stay.
    """
    from orchestration import terminal
    from orchestration.jobs.backfill import backfill, days

    chosen = days(first, last, every) if first or last else [as_of]
    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        _show(backfill(pipeline, fits, chosen, keep_going), counts, chosen, keep_going)


@click.command("detect-inactivity", epilog=example("detect-inactivity --as-of 2017-12-31"))
@as_of_option
@click.option("--force", is_flag=True, help="Score again even if the same input was scored before.")
@click.option("--dry-run", is_flag=True, help="Show what would be scored from what is built; write nothing.")
@alert_top_option
@json_option
@pass_settings
def detect_inactivity(settings: Settings, as_of: date, force: bool, dry_run: bool) -> None:
    """Score learners again, without a refit. The stored models are used; downstream models are rebuilt."""
    from orchestration import terminal

    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        _show(pipeline.attempt((), as_of, job="detect-inactivity"), counts, [as_of])


@click.command(epilog=example("release"))
@pass_settings
def release(settings: Settings) -> None:
    """Show readers what is built now. Jobs do so at their end; this is for builds by `dbt` alone."""
    from orchestration import terminal
    from orchestration.jobs.pipeline import Pipeline
    from python_models.errors import BusyError

    pipeline = Pipeline(settings, on_step=terminal.print_step)
    pipeline.warehouse.require_tables()
    pipeline.dbt(yesterday()).parse()
    released = pipeline.release("release")
    if released is None:
        raise BusyError("No release was made: a job is running, and what it has built is half of it.",
                        "wait for it; it ends with a release.")
    terminal.out.print(f"Shown: {released.line()}.", markup=False)


@click.command(epilog=example("rollback survival"))
@click.argument("fit", type=FIT, required=False)
@click.option("--release", "of_release", is_flag=True, help="Show the release before the current one; build nothing.")
@as_of_option
@click.option("--build/--no-build", default=True, show_default=True, help="Rebuild downstream of the fit.")
@pass_settings
def rollback(settings: Settings, fit: str | None, of_release: bool, as_of: date, build: bool) -> None:
    """Withdraw the newest run of FIT, or the current release.

    The run of FIT before it is current again, and what rests on it is rebuilt and released. A release is withdrawn in
    a moment; the next job ends with a new one.
    """
    if (fit is None) != of_release:
        raise UsageError("Nothing is named that could be rolled back.", "give a FIT, or --release.")
    from orchestration import terminal
    from python_models.warehouse import releases, run_log

    pipeline = job_pipeline(settings)
    pipeline.warehouse.require_tables()
    if fit is None:
        before, shown = releases.roll_back(pipeline.warehouse, settings.lock_wait_secs)
        terminal.out.print(f"Withdrawn: {before.line()}. Shown: {shown.line()}.", markup=False)
        return
    with pipeline.warehouse.connect() as connection:
        withdrawn, remaining = run_log.rollback(connection, fit)
    current = remaining or "no run; downstream models use their labelled fallback"
    terminal.out.print(f"Withdrawn: {withdrawn}. Current: {current}.", markup=False)
    if build:
        with pipeline.job(f"rollback {fit}"):
            pipeline.build_after(fit, as_of)


def _show(ended: Sequence[Outcome | Refusal], counts: dict[str, int], chosen: Sequence[date],
          keep_going: bool = False) -> None:
    """Count and show how the runs ended. Raises NotEstimable or RejectedError if one of them was not published."""
    from orchestration.cli import outcomes
    from orchestration.jobs import backfill
    from orchestration.jobs.pipeline import require_published

    runs, refusals = outcomes.parts(ended)
    counts["processed"], counts["failed"] = sum(run.rows_out for run in runs), max(0, len(refusals) - 1)
    show(lambda: outcomes.record(runs, refusals), lambda: outcomes.print_all(runs, refusals))
    backfill.require_all_days(ended, chosen, keep_going)
    require_published(ended)
