"""The `dreamseed` command: parse, call one function, print.

Importing Alembic, pyarrow or the Postgres client takes longer than most commands run, so a command's module is imported
when it is used, and it imports what its command needs when the command runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orchestration.cli.documents import print_unless_printed
from orchestration.cli.failures import expected
from orchestration.cli.lazy import Entry, LazyCommands, LazyGroup
from reports.charts import FITS_WITH_PICTURES

HERE = "orchestration.cli"
DAILY, FITS, READERS, UPKEEP, STACK = "Daily work", "Fits", "Reports and pages", "Upkeep", "Stack and first steps"
COMMANDS = {name: Entry(f"{HERE}.{target}", summary, group) for group, commands in {
    DAILY: {
        "load": ("answers:load", "Load answers from a CSV, CSV.gz or Parquet FILE."),
        "run": ("jobs:run", "Build before, fit and build after, for FITS or for all."),
        "detect-inactivity": ("jobs:detect_inactivity", "Score learners again, without a refit."),
        "build": ("jobs:build", "Run `dbt build` under the warehouse's build lock."),
        "status": ("stack:status", "Show the stack, the fits, the data tests and the sources."),
        "verify": ("stack:verify", "Check tables, R services and the age of the fits."),
        "sql": ("stack:sql_query", "Read the warehouse with one SQL QUERY."),
    },
    FITS: {
        "plan": ("jobs:plan", "Show the order of fits and what dbt builds around them."),
        "fit": ("jobs:fit", "Run one FIT and publish it if its gates pass."),
        "runs": ("stack:runs", "List the newest runs, with gates and reasons."),
        "rollback": ("jobs:rollback", "Withdraw the newest run of FIT, or the current release."),
        "whatif": ("whatif:whatif", "Replay history with other settings; write nothing."),
    },
    READERS: {
        "report": ("report:report", "Write the weekly reports of learners and classes."),
        "docs": ("stack:docs", "Write the lineage site as one static file."),
        "release": ("jobs:release", "Show readers what is built now."),
        "metrics": ("metrics:metrics", "Export metrics of the warehouse for Prometheus."),
        **{f"{fit}-plot": ("plots:plot_command", f"Draw a published run of the fit {fit}.")
           for fit in FITS_WITH_PICTURES},
    },
    UPKEEP: {
        "init": ("stack:init", "Create or upgrade the warehouse's tables."),
        "prune": ("upkeep:prune", "Remove landing rows of runs older than --keep."),
        "erase": ("upkeep:erase", "Remove the learner USER from the warehouse and reports."),
    },
    STACK: {
        "demo": ("answers:demo", "Run the whole job once and show what it did."),
        "simulate": ("answers:simulate_school", "Write a simulated school whose true parameters are known."),
        "up": ("stack:up", "Start Postgres and the R services."),
        "down": ("stack:down", "Stop what this home started."),
    },
}.items() for name, (target, summary) in commands.items()}


@click.group(cls=LazyGroup, commands=LazyCommands(COMMANDS),
             epilog="State lives in DREAMSEED_HOME (default .dreamseed); two homes are two warehouses.")
@click.version_option(package_name="dreamseed-analytics", prog_name="dreamseed", message="%(prog)s %(version)s",
                      help="Show the version and exit.")
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
    except Exception as error:
        failure = expected(error)
        if failure is None:
            raise
        print_unless_printed(sys.argv[1:], error, failure)
        from orchestration import terminal

        terminal.fail(failure)
