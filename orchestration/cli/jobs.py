"""Commands that build and fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import DAY, alert_top_option, as_of_option, example, job_pipeline, pass_settings
from python_models.errors import UsageError

if TYPE_CHECKING:
    from orchestration.settings import Settings
    from python_models.fitting.fit import Outcome


@click.command(epilog=example("plan"))
@as_of_option
@pass_settings
def plan(settings: Settings, as_of: date) -> None:
    """Show the order of fits and what dbt builds around them. The plan is read from dbt's manifest."""
    from orchestration import terminal
    from orchestration.graph.plan import plan as read_plan
    from orchestration.jobs.pipeline import Pipeline

    slices = read_plan(Pipeline(settings).dbt(as_of).parse())
    terminal.print_table("Plan", ["fit", "waits for", "run by", "dbt builds before", "dbt builds after"],
                        [[s.fit, ", ".join(s.waits_for) or "(nothing)", s.job or "run", " ".join(s.before),
                          " ".join(s.after)] for s in slices])


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
               epilog=example("build --as-of 2017-12-31 --select weekly_kpi"))
@as_of_option
@click.option("--before", metavar="FIT", help="Build upstream of FIT, and upstream of the models downstream of it.")
@click.option("--after", metavar="FIT", help="Test the landing tables of FIT, then build downstream of them.")
@alert_top_option
@click.argument("selection", nargs=-1, type=click.UNPROCESSED)
@pass_settings
def build(settings: Settings, as_of: date, before: str | None, after: str | None, selection: tuple[str, ...]) -> None:
    """Run `dbt build` under the warehouse's build lock. Give a SELECTION of dbt, or --before or --after a fit."""
    if sum((before is not None, after is not None, bool(selection))) > 1:
        raise UsageError("--before, --after and a selection of dbt exclude each other.", "give one of the three.")
    from orchestration import terminal
    from orchestration.jobs.pipeline import Pipeline

    pipeline = Pipeline(settings, on_step=terminal.print_step)
    pipeline.warehouse.require_tables()
    with terminal.job() as counts:
        if before is not None:
            built = pipeline.build_before(before, as_of)
        elif after is not None:
            built = pipeline.build_after(after, as_of)
        else:
            built = pipeline.build_selection(selection, as_of)
        counts["processed"] = built.rows


@click.command(epilog=example("fit survival --as-of 2017-12-31"))
@click.argument("fit")
@as_of_option
@click.option("--force", is_flag=True, help="Fit again even if the same input was fitted before.")
@click.option("--dry-run", is_flag=True, help="Read and check, write nothing.")
@pass_settings
def fit(settings: Settings, fit: str, as_of: date, force: bool, dry_run: bool) -> None:
    """Run one FIT and publish it if its gates pass. Nothing is built before or after it."""
    from orchestration import terminal

    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        outcome = pipeline.fit(pipeline.dbt(as_of).parse().fit(fit), as_of)
        counts["processed"] = outcome.rows_out
        _show([outcome])


@click.command(epilog=example("run survival --from 2017-01-31 --to 2017-12-31 --every month"))
@click.argument("fits", nargs=-1)
@as_of_option
@click.option("--from", "first", type=DAY, help="Backfill: the first day.")
@click.option("--to", "last", type=DAY, help="Backfill: the last day.")
@click.option("--every", type=click.Choice(["day", "week", "month"]), default="day", show_default=True,
              help="Backfill: every day, every Sunday, or every last day of a month.")
@click.option("--force", is_flag=True, help="Fit again even if the same input was fitted before.")
@click.option("--dry-run", is_flag=True, help="Show what would be fitted from what is built; write nothing.")
@alert_top_option
@pass_settings
def run(settings: Settings, fits: tuple[str, ...], as_of: date, first: date | None, last: date | None, every: str,
        force: bool, dry_run: bool) -> None:
    """Build before, fit and build after, for FITS or for all. Fits with a command of their own run only if named."""
    from orchestration import terminal
    from orchestration.jobs.backfill import days

    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        outcomes = []
        for day in days(first, last, every) if first or last else [as_of]:
            outcomes += pipeline.run(fits, day)
            counts["processed"] = sum(outcome.rows_out for outcome in outcomes)
        _show(outcomes)


@click.command("detect-inactivity", epilog=example("detect-inactivity --as-of 2017-12-31"))
@as_of_option
@click.option("--force", is_flag=True, help="Score again even if the same input was scored before.")
@click.option("--dry-run", is_flag=True, help="Show what would be scored from what is built; write nothing.")
@alert_top_option
@pass_settings
def detect_inactivity(settings: Settings, as_of: date, force: bool, dry_run: bool) -> None:
    """Score idle learners again, without a refit. The stored models are used; downstream models are rebuilt."""
    from orchestration import terminal

    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        outcomes = pipeline.run((), as_of, job="detect-inactivity")
        counts["processed"] = sum(outcome.rows_out for outcome in outcomes)
        _show(outcomes)


@click.command(epilog=example("rollback survival"))
@click.argument("fit")
@as_of_option
@click.option("--build/--no-build", default=True, show_default=True, help="Rebuild downstream of the fit.")
@pass_settings
def rollback(settings: Settings, fit: str, as_of: date, build: bool) -> None:
    """Withdraw the newest published run of FIT. The run before it is current again."""
    from orchestration import terminal
    from orchestration.jobs.pipeline import Pipeline
    from python_models.warehouse import run_log

    pipeline = Pipeline(settings, on_step=terminal.print_step)
    pipeline.warehouse.require_tables()
    with pipeline.warehouse.connect() as connection:
        withdrawn, remaining = run_log.rollback(connection, fit)
    current = remaining or "no run; downstream models use their labelled fallback"
    terminal.out.print(f"Withdrawn: {withdrawn}. Current: {current}.", markup=False)
    if build:
        pipeline.build_after(fit, as_of)


def _show(outcomes: Sequence[Outcome]) -> None:
    """Print how the runs ended. Raises RejectedError if one was rejected."""
    from orchestration.cli import status_tables
    from orchestration.jobs.pipeline import require_published

    for outcome in outcomes:
        status_tables.print_outcome(outcome)
    require_published(outcomes)
