"""Commands that keep a warehouse in order: pruning and erasure."""

from __future__ import annotations

from datetime import date, timedelta

import click

from orchestration import terminal
from orchestration.cli.options import SPAN, as_of_option, example, yesterday
from orchestration.jobs import upkeep
from orchestration.jobs.pipeline import Pipeline, require_tables
from orchestration.settings import Settings
from python_models.errors import DreamseedError


@click.command(epilog=example("prune --keep 400d --dry-run"))
@click.option("--keep", type=SPAN, required=True, help="How far back every run keeps its rows, such as 400d.")
@as_of_option
@click.option("--dry-run", is_flag=True, help="Show what would go; remove nothing.")
@click.pass_obj
def prune(settings: Settings, keep: timedelta, as_of: date, dry_run: bool) -> None:
    """Remove landing rows of runs older than --keep, run by run.

    Of each fit and week the newest run in force stays for ever: KPIs of that week rest on it.
    """
    pipeline = Pipeline(settings)
    require_tables(pipeline.database_url, settings.dbt_schema)
    with terminal.job() as counts:
        runs = upkeep.prune(pipeline, pipeline.dbt(as_of).parse(), as_of, keep, dry_run)
        counts["processed"] = sum(sum(run.rows.values()) for run in runs)
        terminal.print_table("Would be pruned" if dry_run else "Pruned", ["fit", "run", "as of", "status", "rows"],
                            [[run.fit, run.run_id, str(run.as_of), run.status,
                              "\n".join(f"{table} {rows:,}" for table, rows in run.rows.items())] for run in runs])


@click.command(epilog=example("erase 8f14e45f-ceea-4671-9c1b-2f3a5d6e7f80"))
@click.argument("user")
@click.pass_obj
def erase(settings: Settings, user: str) -> None:
    """Remove the learner USER from every table the warehouse owns, and the reports about them.

    The application's tables are only read: while they hold the learner, this says where and ends with exit 1.
    """
    pipeline = Pipeline(settings)
    require_tables(pipeline.database_url, settings.dbt_schema)
    with terminal.job() as counts:
        done = upkeep.erase(pipeline, pipeline.dbt(yesterday()).parse(), user)
        counts["processed"] = sum(done.deleted.values()) + sum(done.marked.values()) + len(done.files)
        for url in done.files:
            terminal.out.print(f"removed report {url}", markup=False)
        terminal.print_table("Erased", ["table", "rows removed", "mentions replaced"],
                            [[name, rows, done.marked[name]] for name, rows in done.deleted.items()])
        if counts["processed"] == 0:
            terminal.out.print(f"Nothing here named {user!r}; if that surprises you, look at the id.", markup=False)
        if done.held_elsewhere:
            where = ", ".join(f"{name} ({rows:,})" for name, rows in done.held_elsewhere.items())
            raise DreamseedError(f"Not done: tables that are not the warehouse's still hold the learner: {where}. "
                                 "The next build would bring the learner back.",
                                 "remove the learner there, then run this again.")
        terminal.out.print("Done: no row of the learner is left.")
