"""The `dreamseed` command: parse, call one function, print."""

from __future__ import annotations

from pathlib import Path

import click
import psycopg

from orchestration import terminal
from orchestration.cli import answers, jobs, metrics, plots, report, stack, upkeep, whatif
from orchestration.settings import read_settings
from python_models.errors import DreamseedError, UsageError
from reports.charts import FITS_WITH_PICTURES


@click.group(epilog="State lives in DREAMSEED_HOME (default .dreamseed); two homes are two warehouses.")
@click.option("--home", envvar="DREAMSEED_HOME", type=click.Path(path_type=Path), default=None,
              help="The folder with this warehouse's state.")
@click.pass_context
def cli(context: click.Context, home: Path | None) -> None:
    """Learning analytics from answers to decisions."""
    context.obj = read_settings(dreamseed_home=home)


for module in (stack, answers, jobs, report, upkeep, metrics, whatif):
    for found in vars(module).values():
        if isinstance(found, click.Command):
            cli.add_command(found)
for fit in FITS_WITH_PICTURES:
    cli.add_command(plots.plot_command(fit))


def main() -> None:
    """Run the command; every expected failure ends as one line and its exit code."""
    try:
        cli(standalone_mode=False)
    except DreamseedError as error:
        terminal.fail(error)
    except psycopg.Error as error:
        line = str(error).strip().splitlines()[0]
        terminal.fail(DreamseedError(f"The database refused: {line}.", "see `dreamseed status` and the server's log."))
    except click.Abort:
        terminal.fail(DreamseedError("Interrupted; a rerun takes the job up again."))
    except click.UsageError as error:
        hint = f"see `{error.ctx.command_path} --help`." if error.ctx else "see `dreamseed --help`."
        terminal.fail(UsageError(error.format_message(), hint))
