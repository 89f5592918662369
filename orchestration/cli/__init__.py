"""The `dreamseed` command: parse, call one function, print.

Importing Alembic, pyarrow or the Postgres client takes longer than most commands run, so a command's module is imported
when it is used, and it imports what its command needs when the command runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from orchestration.cli.lazy import Entry, LazyCommands, LazyGroup
from python_models.errors import DreamseedError, UsageError
from reports.charts import FITS_WITH_PICTURES

HERE = "orchestration.cli"
COMMANDS = {
    "build": Entry(f"{HERE}.jobs:build", "Run `dbt build` under the warehouse's build lock."),
    "demo": Entry(f"{HERE}.answers:demo", "Run the whole job once and show what it did."),
    "detect-inactivity": Entry(f"{HERE}.jobs:detect_inactivity", "Score idle learners again, without a refit."),
    "docs": Entry(f"{HERE}.stack:docs", "Write the lineage site as one static file."),
    "down": Entry(f"{HERE}.stack:down", "Stop what this home started."),
    "erase": Entry(f"{HERE}.upkeep:erase", "Remove the learner USER from the warehouse and reports."),
    "fit": Entry(f"{HERE}.jobs:fit", "Run one FIT and publish it if its gates pass."),
    "init": Entry(f"{HERE}.stack:init", "Create or upgrade the warehouse's tables."),
    "load": Entry(f"{HERE}.answers:load", "Load answers from a CSV, CSV.gz or Parquet FILE."),
    "metrics": Entry(f"{HERE}.metrics:metrics", "Export metrics of the warehouse for Prometheus."),
    "plan": Entry(f"{HERE}.jobs:plan", "Show the order of fits and what dbt builds around them."),
    "prune": Entry(f"{HERE}.upkeep:prune", "Remove landing rows of runs older than --keep."),
    "release": Entry(f"{HERE}.jobs:release", "Show readers what is built now."),
    "report": Entry(f"{HERE}.report:report", "Write the weekly reports of learners and classes."),
    "rollback": Entry(f"{HERE}.jobs:rollback", "Withdraw the newest run of FIT, or the current release."),
    "run": Entry(f"{HERE}.jobs:run", "Build before, fit and build after, for FITS or for all."),
    "runs": Entry(f"{HERE}.stack:runs", "List the newest runs, with gates and reasons."),
    "simulate": Entry(f"{HERE}.answers:simulate_school", "Write a simulated school whose true parameters are known."),
    "sql": Entry(f"{HERE}.stack:sql_query", "Read the warehouse with one SQL QUERY."),
    "status": Entry(f"{HERE}.stack:status", "Show the stack, the fits, the data tests and the sources."),
    "up": Entry(f"{HERE}.stack:up", "Start Postgres and the R services."),
    "verify": Entry(f"{HERE}.stack:verify", "Check tables, R services and the age of the fits."),
    "whatif": Entry(f"{HERE}.whatif:whatif", "Replay history with other settings; write nothing."),
    **{f"{fit}-plot": Entry(f"{HERE}.plots:plot_command", f"Draw a published run of the fit {fit}.")
       for fit in FITS_WITH_PICTURES},
}


@click.group(cls=LazyGroup, commands=LazyCommands(COMMANDS),
             epilog="State lives in DREAMSEED_HOME (default .dreamseed); two homes are two warehouses.")
@click.option("--home", envvar="DREAMSEED_HOME", type=click.Path(path_type=Path), default=None,
              help="The folder with this warehouse's state.")
@click.pass_context
def cli(context: click.Context, home: Path | None) -> None:
    """Learning analytics from answers to decisions."""
    context.obj = home  # the settings are read when a command runs: see `pass_settings`


def main() -> None:
    """Run the command; every expected failure ends as one line and its exit code."""
    try:
        cli(standalone_mode=False)
    except DreamseedError as error:
        _fail(error)
    except click.Abort:
        _fail(DreamseedError("Interrupted; a rerun resumes the job."))
    except click.UsageError as error:
        hint = f"see `{error.ctx.command_path} --help`." if error.ctx else "see `dreamseed --help`."
        _fail(UsageError(error.format_message(), hint))
    except Exception as error:
        if not _is_from_database(error):
            raise
        line = str(error).strip().splitlines()[0]
        _fail(DreamseedError(f"The database refused: {line}.", "see `dreamseed status` and the server's log."))


def _fail(error: DreamseedError) -> NoReturn:
    from orchestration import terminal

    terminal.fail(error)


def _is_from_database(error: Exception) -> bool:
    """Return whether Postgres's client raised the error; if it is not even imported, it did not."""
    psycopg = sys.modules.get("psycopg")
    return psycopg is not None and isinstance(error, psycopg.Error)
