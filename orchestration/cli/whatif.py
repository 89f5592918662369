"""The command that replays history with other settings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import DAY, example, pass_settings
from python_models.errors import UsageError

if TYPE_CHECKING:
    from orchestration.settings import Settings


@click.command(epilog=example("whatif CHURN_ALERT_THRESHOLD=0.8 --from 2017-01-01 --to 2017-12-31"))
@click.argument("given", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--from", "first", type=DAY, required=True, help="The first day to replay.")
@click.option("--to", "last", type=DAY, required=True, help="The last day to replay.")
@click.option("--every", type=click.Choice(["week", "month"]), default="week", show_default=True,
              help="If a fit has to be made again: as of every Sunday, or every last day of a month.")
@pass_settings
def whatif(settings: Settings, given: tuple[str, ...], first: date, last: date, every: str) -> None:
    """Replay history with other settings; write nothing.

    The current settings are replayed beside them. No table of the warehouse changes: fits that have to be made
    again are made in a second warehouse, in schemas whatif_* of the same database, which is dropped at the end.
    """
    from orchestration import terminal
    from orchestration.jobs.backfill import days
    from orchestration.jobs.pipeline import Pipeline
    from orchestration.jobs.whatif import WhatIf

    pipeline = Pipeline(settings)
    pipeline.warehouse.require_tables()
    question = WhatIf(pipeline, pairs(given), first, last, days(first, last, every), terminal.print_step)
    comparison = question.answer()
    rows = comparison.rows()
    if not rows:
        raise UsageError(f"Nothing between {first} and {last} has a known outcome, so there is nothing to compare.",
                         "choose days of published runs whose outcomes are known (`dreamseed runs`).")
    names = ", ".join(f"{name} {settings.value(name)!s} -> {value}" for name, value in question.given.items())
    terminal.print_table(f"{names}; {first} to {last}, outcomes known until {comparison.history_end}",
                        ["fit", "measure", "current", "what if", "difference"], rows)
    again = f"{', '.join(comparison.refits)} as of {len(comparison.days)} days" if comparison.refits else "no fit"
    terminal.out.print(f"Made again: {again}. Nothing was written.", markup=False)


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """Return {NAME: VALUE}; raise UsageError for a text of another form."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{text!r} is not of the form NAME=VALUE.",
                             "write a setting and its value, such as CHURN_ALERT_THRESHOLD=0.8.")
        found[name.upper()] = value
    return found
