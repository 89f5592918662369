"""Commands about the stack and the warehouse as a whole."""

from __future__ import annotations

import csv
import sys
from datetime import date

import click

from orchestration import console, report_status
from orchestration.cli.options import as_of_option, example
from orchestration.pipeline import Pipeline
from orchestration.settings import Settings
from orchestration.stack import Stack


@click.command(epilog=example("up"))
@click.pass_obj
def up(settings: Settings) -> None:
    """Start Postgres and the R services; they stay up until `down`."""
    Stack(settings).up()
    report_status.print_stack(settings)


@click.command(epilog=example("down"))
@click.pass_obj
def down(settings: Settings) -> None:
    """Stop what this home started."""
    stopped = Stack(settings).down()
    console.out.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


@click.command(epilog=example("status"))
@click.pass_obj
def status(settings: Settings) -> None:
    """Show the stack, the newest run of each fit and the rejected rows."""
    report_status.print_status(settings)


@click.command(epilog=example("init"))
@click.pass_obj
def init(settings: Settings) -> None:
    """Create or upgrade the warehouse's tables (application tables only where absent)."""
    Pipeline(settings, on_step=console.print_step).init()


@click.command(epilog=example("docs"))
@as_of_option
@click.pass_obj
def docs(settings: Settings, as_of: date) -> None:
    """Write the lineage site as one static file."""
    console.out.print(str(Pipeline(settings).dbt(as_of).docs()), markup=False)


@click.command("sql", epilog=example('sql "select count(*) from attempt" --csv'))
@click.argument("query")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@click.pass_obj
def sql_query(settings: Settings, query: str, as_csv: bool) -> None:
    """Read the warehouse with one SQL QUERY (in a read-only transaction)."""
    columns, rows = report_status.query(settings, query)
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        console.print_table("", columns, rows)
