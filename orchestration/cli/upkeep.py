"""Commands that remove rows from a warehouse: pruning and erasure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import SPAN, as_of_option, example, pass_settings, yesterday
from python_models.errors import DreamseedError

if TYPE_CHECKING:
    from orchestration.settings import Settings


@click.command(epilog=example("prune --keep 400d --dry-run"))
@click.option("--keep", type=SPAN, required=True, help="How long every run keeps its rows, such as 400d.")
@as_of_option
@click.option("--dry-run", is_flag=True, help="Show what would be removed; remove nothing.")
@pass_settings
def prune(settings: Settings, keep: timedelta, as_of: date, dry_run: bool) -> None:
    """Remove landing rows of runs older than --keep.

    The newest current run of each fit and week is kept forever, because the KPIs of that week depend on it. Alerts and
    grades made from a pruned run stay as they are.
    """
    from orchestration import terminal
    from orchestration.jobs import upkeep
    from orchestration.jobs.pipeline import Pipeline

    pipeline = Pipeline(settings)
    pipeline.warehouse.require_tables()
    with terminal.job() as counts:
        runs = upkeep.prune(pipeline, pipeline.dbt(as_of).parse(), as_of, keep, dry_run)
        counts["processed"] = sum(sum(run.rows.values()) for run in runs)
        terminal.print_table("Would be pruned" if dry_run else "Pruned", ["fit", "run", "as of", "status", "rows"],
                            [[run.fit, run.run_id, str(run.as_of), run.status,
                              "\n".join(f"{table} {rows:,}" for table, rows in run.rows.items())] for run in runs])


@click.command(epilog=example("erase 8f14e45f-ceea-4671-9c1b-2f3a5d6e7f80"))
@click.argument("user")
@pass_settings
def erase(settings: Settings, user: str) -> None:
    """Remove the learner USER from the warehouse and reports.

    The application's tables are only read: while they hold the learner, the command lists them and ends with exit 1.
    """
    from orchestration import terminal
    from orchestration.jobs import upkeep
    from orchestration.jobs.pipeline import Pipeline

    pipeline = Pipeline(settings)
    pipeline.warehouse.require_tables()
    with terminal.job() as counts:
        done = upkeep.erase(pipeline, pipeline.dbt(yesterday()).parse(), user)
        counts["processed"] = sum(done.deleted.values()) + sum(done.marked.values()) + len(done.files)
        for url in done.files:
            terminal.out.print(f"removed report {url}", markup=False)
        terminal.print_table("Erased", ["table", "rows removed", "mentions replaced"],
                            [[name, rows, done.marked[name]] for name, rows in done.deleted.items()])
        if counts["processed"] == 0:
            terminal.out.print(f"Nothing here named {user!r}; if that is unexpected, check the id.", markup=False)
        if done.held_elsewhere:
            where = ", ".join(f"{name} ({rows:,})" for name, rows in done.held_elsewhere.items())
            raise DreamseedError(f"Not done: tables that are not the warehouse's still hold the learner: {where}. "
                                 "The next build would bring the learner back.",
                                 "remove the learner there, then run this again.")
        terminal.out.print("Done: no row of the learner is left.")
