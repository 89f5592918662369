"""What commands share: days, `--as-of`, examples, the pipeline of a job."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click

from orchestration import terminal
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import Settings, share


class Day(click.ParamType):
    """A day written as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day; fail with one line."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2017-12-31.", param, ctx)


class Span(click.ParamType):
    """A number of days written as 400d."""

    name = "DAYSd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the span; fail with one line."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,4})d", value)
        if found is None:
            self.fail(f"{value!r} is not a number of days; write it as 400d.", param, ctx)
        return timedelta(days=int(found.group(1)))


class Percent(click.ParamType):
    """A share written as 5%."""

    name = "PERCENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, from 0 to less than 1; fail with one line."""
        if re.fullmatch(r"[0-9]{1,2}([.][0-9]+)?%", str(value)) is None:
            self.fail(f"{value!r} is not a share below 100%; write it as 5%.", param, ctx)
        return share(value)


class Choices(click.ParamType):
    """One or several of a few words, separated by commas; their order is kept."""

    name = "LIST"

    def __init__(self, *allowed: str) -> None:
        """Take the words allowed."""
        self.allowed = allowed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the words; fail with one line."""
        if isinstance(value, tuple):
            return value
        words = tuple(dict.fromkeys(value.split(",")))
        unknown = [word for word in words if word not in self.allowed]
        if unknown:
            self.fail(f"{', '.join(map(repr, unknown))} is none of {', '.join(self.allowed)}.", param, ctx)
        return words


DAY = Day()
SPAN = Span()
PERCENT = Percent()


def yesterday() -> date:
    """Return the last whole day in UTC: the default of every job's `--as-of`."""
    return datetime.now(UTC).date() - timedelta(days=1)


def last_sunday() -> date:
    """Return the newest Sunday that is over in UTC: the week that ends with it is whole, and so is its report."""
    return yesterday() - timedelta(days=yesterday().isoweekday() % 7)


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--as-of` to a command."""
    return click.option("--as-of", type=DAY, default=yesterday, show_default="yesterday in UTC",
                        help="The last whole day the job may look at.")(command)


def alert_top_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--alert-top` to a command that builds; it wins over CHURN_ALERT_TOP."""
    def use(context: click.Context, _: click.Parameter, value: float | None) -> None:
        if value is not None:
            context.obj = context.obj.model_copy(update={"churn_alert_top": value})

    return click.option("--alert-top", type=PERCENT, expose_value=False, callback=use,
                        help="Alert also for the learners whose S is among the highest, such as 5%.")(command)


def example(text: str) -> str:
    """Return an epilog that shows how a command is called."""
    return f"Example: dreamseed {text}"


def job_pipeline(settings: Settings, force: bool = False, dry_run: bool = False) -> Pipeline:
    """Return a pipeline that tells its steps and the progress of fits."""
    return Pipeline(settings, on_step=terminal.print_step, on_progress=terminal.job_progress, force=force,
                    dry_run=dry_run)
