"""Commands about the stack and the warehouse as a whole."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING

import click

from orchestration.cli.documents import json_option, show
from orchestration.cli.options import FIT, as_of_option, example, pass_settings, yesterday
from python_models.errors import DreamseedError

if TYPE_CHECKING:
    from orchestration.settings import Settings

CHECKS = ("revision", "tables", "health", "freshness")  # as in orchestration.jobs.verification, which is slow to import


@click.command(epilog=example("up"))
@pass_settings
def up(settings: Settings) -> None:
    """Start Postgres and the R services. They stay up until `down`."""
    from orchestration.cli import status_tables
    from orchestration.stack.stack import Stack

    Stack(settings).up()
    status_tables.print_stack(settings, status_tables.read_stack(settings))


@click.command(epilog=example("down"))
@pass_settings
def down(settings: Settings) -> None:
    """Stop what this home started."""
    from orchestration import terminal
    from orchestration.stack.stack import Stack

    stopped = Stack(settings).down()
    terminal.out.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


@click.command(epilog=example("status"))
@json_option
@pass_settings
def status(settings: Settings) -> None:
    """Show the stack, the fits, the data tests and the sources. Rejected answers are counted by reason."""
    from orchestration.cli import status_tables

    found = status_tables.read_status(settings)
    show(lambda: found, lambda: status_tables.print_status(settings, found))


@click.command(epilog=example("runs survival"))
@click.argument("fit", type=FIT, required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many runs to list.")
@json_option
@pass_settings
def runs(settings: Settings, fit: str | None, limit: int) -> None:
    """List the newest runs, with gates and reasons. For one FIT also how its newest run validated itself."""
    from orchestration.cli import run_tables

    found = run_tables.read_runs(settings, fit, limit)
    show(lambda: found, lambda: run_tables.print_runs(found))


@click.command(epilog=example("init"))
@pass_settings
def init(settings: Settings) -> None:
    """Create or upgrade the warehouse's tables. Application tables are created only where they are absent."""
    from orchestration import terminal
    from orchestration.jobs.pipeline import Pipeline

    Pipeline(settings, on_step=terminal.print_step).init()


@click.command(epilog=example("verify tables freshness"))
@click.argument("checks", nargs=-1, type=click.Choice(CHECKS))
@click.option("--fit", "fits", type=FIT, multiple=True, help="Only this fit and its service; may be repeated.")
@json_option
@pass_settings
def verify(settings: Settings, checks: tuple[str, ...], fits: tuple[str, ...]) -> None:
    """Check tables, R services and the age of the fits. Prints PASS or FAIL for each; exit 1 on any FAIL.

    Starts nothing and writes nothing to the warehouse. Without CHECKS: all of them.
    """
    from orchestration.jobs import verification

    findings = verification.verify(settings, yesterday(), checks or CHECKS, fits)
    show(lambda: {"checks": [finding.record() for finding in findings]},
         lambda: click.echo("\n".join(finding.line() for finding in findings)))
    failed = sum(not finding.passed for finding in findings)
    if failed:
        raise DreamseedError(f"{failed} of {len(findings)} checks failed.", "each FAIL line says how to fix it.")


@click.command(epilog=example("docs"))
@as_of_option
@pass_settings
def docs(settings: Settings, as_of: date) -> None:
    """Write the lineage site as one static file."""
    from orchestration import terminal
    from orchestration.jobs.pipeline import Pipeline

    terminal.out.print(str(Pipeline(settings).docs(as_of)), markup=False)


@click.command("sql", epilog=example('sql "select count(*) from attempt" --csv'))
@click.argument("query")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
@pass_settings
def sql_query(settings: Settings, query: str, as_csv: bool) -> None:
    """Read the warehouse with one SQL QUERY. It runs in a read-only transaction."""
    from orchestration import terminal
    from orchestration.cli import queries, values

    columns, rows = queries.query(settings, query)

    def as_text() -> None:
        if as_csv:
            values.write_csv(columns, rows, sys.stdout)
        else:
            terminal.print_table("", columns, rows)

    show(lambda: queries.rows_record(columns, rows), as_text)
