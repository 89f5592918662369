"""Commands that build and fit."""

from __future__ import annotations

from datetime import date

import click

from orchestration import terminal
from orchestration.cli import status_tables
from orchestration.cli.options import DAY, alert_top_option, as_of_option, example, job_pipeline
from orchestration.graph.plan import plan as read_plan
from orchestration.jobs.backfill import days
from orchestration.jobs.pipeline import Pipeline, require_published, require_tables
from orchestration.settings import Settings
from python_models.errors import UsageError
from python_models.warehouse import run_log
from python_models.warehouse.connection import connect


@click.command(epilog=example("plan"))
@as_of_option
@click.pass_obj
def plan(settings: Settings, as_of: date) -> None:
    """Show the order of fits and their slices, as read from the manifest."""
    slices = read_plan(Pipeline(settings).dbt(as_of).parse())
    terminal.print_table("Plan", ["fit", "waits for", "run by", "dbt builds before", "dbt builds after"],
                        [[s.fit, ", ".join(s.waits_for) or "(nothing)", s.job or "run", " ".join(s.before),
                          " ".join(s.after)] for s in slices])


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
             epilog=example("build --as-of 2017-12-31 --select weekly_kpi"))
@as_of_option
@click.option("--before", metavar="FIT", help="Build what FIT reads, and what its readers read besides it.")
@click.option("--after", metavar="FIT", help="Build what reads FIT; the tests of its landing tables come first.")
@alert_top_option
@click.argument("selection", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def build(settings: Settings, as_of: date, before: str | None, after: str | None, selection: tuple[str, ...]) -> None:
    """Run `dbt build` under the warehouse's lock: with any dbt SELECTION, or what lies before or after a fit."""
    if sum((before is not None, after is not None, bool(selection))) > 1:
        raise UsageError("--before, --after and a selection of dbt exclude each other.", "give one of the three.")
    pipeline = Pipeline(settings, on_step=terminal.print_step)
    require_tables(pipeline.database_url, settings.dbt_schema)
    with terminal.job() as counts:
        if before is not None:
            built = pipeline.build_before(before, as_of)
        elif after is not None:
            built = pipeline.build_after(after, as_of)
        else:
            built = pipeline.dbt(as_of).build(*selection)
        counts["processed"] = built.rows


@click.command(epilog=example("fit survival --as-of 2017-12-31"))
@click.argument("fit")
@as_of_option
@click.option("--force", is_flag=True, help="Fit again even if the same input was fitted before.")
@click.option("--dry-run", is_flag=True, help="Read and check, write nothing.")
@click.pass_obj
def fit(settings: Settings, fit: str, as_of: date, force: bool, dry_run: bool) -> None:
    """Run one FIT on what is built; publish it if its gates pass."""
    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        outcome = pipeline.fit(pipeline.dbt(as_of).parse().fit(fit), as_of)
        counts["processed"] = outcome.rows_out
        status_tables.print_outcome(outcome)
        require_published([outcome])


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
@click.pass_obj
def run(settings: Settings, fits: tuple[str, ...], as_of: date, first: date | None, last: date | None, every: str,
        force: bool, dry_run: bool) -> None:
    """Build before, fit, build after: for FITS, or all in order but those that a command of their own runs."""
    pipeline = job_pipeline(settings, force, dry_run)
    with terminal.job() as counts:
        outcomes = []
        for day in days(first, last, every) if first or last else [as_of]:
            outcomes += pipeline.run(fits, day)
            counts["processed"] = sum(outcome.rows_out for outcome in outcomes)
        for outcome in outcomes:
            status_tables.print_outcome(outcome)
        require_published(outcomes)


@click.command("detect-inactivity", epilog=example("detect-inactivity --as-of 2017-12-31"))
@as_of_option
@click.option("--force", is_flag=True, help="Score again even if the same input was scored before.")
@click.option("--dry-run", is_flag=True, help="Show what would be scored from what is built; write nothing.")
@alert_top_option
@click.pass_context
def detect_inactivity(context: click.Context, as_of: date, force: bool, dry_run: bool) -> None:
    """Score idle learners again from the stored models, without a refit, and build what reads it."""
    pipeline = job_pipeline(context.obj, force, dry_run)
    with terminal.job() as counts:
        outcomes = pipeline.run((), as_of, job=str(context.command.name))
        counts["processed"] = sum(outcome.rows_out for outcome in outcomes)
        for outcome in outcomes:
            status_tables.print_outcome(outcome)
        require_published(outcomes)


@click.command(epilog=example("runs survival"))
@click.argument("fit", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.pass_obj
def runs(settings: Settings, fit: str | None, limit: int) -> None:
    """List the newest runs, with gates and reasons."""
    status_tables.print_runs(settings, fit, limit)


@click.command(epilog=example("rollback survival"))
@click.argument("fit")
@as_of_option
@click.option("--build/--no-build", default=True, show_default=True, help="Rebuild what reads the fit.")
@click.pass_obj
def rollback(settings: Settings, fit: str, as_of: date, build: bool) -> None:
    """Withdraw the newest published run of FIT; the one before is in force again."""
    pipeline = Pipeline(settings, on_step=terminal.print_step)
    require_tables(pipeline.database_url, settings.dbt_schema)
    with connect(pipeline.database_url, settings.dbt_schema) as connection:
        withdrawn, remaining = run_log.rollback(connection, fit)
    in_force = remaining or "no run; readers use their labelled fallback"
    terminal.out.print(f"Withdrawn: {withdrawn}. In force: {in_force}.", markup=False)
    if build:
        pipeline.build_after(fit, as_of)
