"""Commands about the stack and the warehouse as a whole."""

from __future__ import annotations

import csv
import sys
from datetime import date

import click

from orchestration import terminal
from orchestration.cli import status_tables
from orchestration.cli.options import as_of_option, example, yesterday
from orchestration.jobs import verification
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import Settings
from orchestration.stack.stack import Stack
from python_models.errors import DreamseedError


@click.command(epilog=example("up"))
@click.pass_obj
def up(settings: Settings) -> None:
    """Start Postgres and the R services; they stay up until `down`."""
    Stack(settings).up()
    status_tables.print_stack(settings)


@click.command(epilog=example("down"))
@click.pass_obj
def down(settings: Settings) -> None:
    """Stop what this home started."""
    stopped = Stack(settings).down()
    terminal.out.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


@click.command(epilog=example("status"))
@click.pass_obj
def status(settings: Settings) -> None:
    """Show the stack, the newest run of each fit and the rejected rows."""
    status_tables.print_status(settings)


@click.command(epilog=example("init"))
@click.pass_obj
def init(settings: Settings) -> None:
    """Create or upgrade the warehouse's tables (application tables only where absent)."""
    Pipeline(settings, on_step=terminal.print_step).init()


@click.command(epilog=example("verify tables freshness"))
@click.argument("checks", nargs=-1, type=click.Choice(list(verification.CHECKS)))
@click.option("--fit", "fits", multiple=True, help="Only this fit and its service; may be repeated.")
@click.pass_obj
def verify(settings: Settings, checks: tuple[str, ...], fits: tuple[str, ...]) -> None:
    """Check tables, health of the R services and freshness of the fits; PASS or FAIL each, exit 1 on any FAIL.

    Starts nothing and writes nothing to the warehouse. Without CHECKS: all of them.
    """
    findings = verification.verify(settings, yesterday(), checks or tuple(verification.CHECKS), fits)
    for finding in findings:
        terminal.out.print(finding.line(), markup=False, soft_wrap=True)
    failed = sum(not finding.passed for finding in findings)
    if failed:
        raise DreamseedError(f"{failed} of {len(findings)} checks failed.", "do what the lines above say.")


@click.command(epilog=example("docs"))
@as_of_option
@click.pass_obj
def docs(settings: Settings, as_of: date) -> None:
    """Write the lineage site as one static file."""
    terminal.out.print(str(Pipeline(settings).dbt(as_of).docs()), markup=False)


@click.command("sql", epilog=example('sql "select count(*) from attempt" --csv'))
@click.argument("query")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@click.pass_obj
def sql_query(settings: Settings, query: str, as_csv: bool) -> None:
    """Read the warehouse with one SQL QUERY (in a read-only transaction)."""
    columns, rows = status_tables.query(settings, query)
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        terminal.print_table("", columns, rows)
