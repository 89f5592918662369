"""What commands share: days, `--as-of`, examples, settings, the pipeline of a job."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from orchestration.jobs.pipeline import Pipeline
    from orchestration.settings import Settings


class Parsed(click.ParamType):
    """A value that `parse` makes of text; `what` and `example` are for the message if it raises ValueError."""

    def __init__(self, name: str, what: str, example: str, parse: Callable[[str], Any]) -> None:
        """Take the name shown in the help, the words of the message, and the function."""
        self.name, self.what, self.example, self.parse = name, what, example, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value; fail with one line. A default may be parsed already."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError:
            self.fail(f"{value!r} is not {self.what}; write it as {self.example}.", param, ctx)


def _span(text: str) -> timedelta:
    return timedelta(days=int(_match("([1-9][0-9]{0,4})d", text)))


def _percent(text: str) -> float:
    return float(_match(r"([0-9]{1,2}(?:[.][0-9]+)?)%", text)) / 100


def _match(pattern: str, text: str) -> str:
    found = re.fullmatch(pattern, text)
    if found is None:
        raise ValueError
    return found.group(1)


def choices(*allowed: str) -> Parsed:
    """Return the type of one or several of the words `allowed`, separated by commas; their order is kept."""
    def parse(text: str) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(text.split(",")))
        if not set(words) <= set(allowed):
            raise ValueError
        return words

    return Parsed("LIST", f"one or more of {', '.join(allowed)}", ",".join(allowed), parse)


class FitName(click.ParamType):
    """The name of a fit: of a folder in dbt_project/models/fits, as of an exposure and of a source."""

    name = "FIT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; fail with one line that lists the known ones."""
        if value not in (known := known_fits()):
            self.fail(f"There is no fit {value!r}; use one of: {', '.join(known)}.", param, ctx)
        return value


def known_fits() -> list[str]:
    """Return the names of the project's fits; to parse the project for them would take seconds."""
    from orchestration.settings import PROJECT_DIR

    return sorted(file.parent.name for file in (PROJECT_DIR / "dbt_project/models/fits").glob("*/_*.yml")
                  if file.stem == f"_{file.parent.name}")


FIT = FitName()
DAY = Parsed("YYYY-MM-DD", "a day", "2017-12-31", date.fromisoformat)
SPAN = Parsed("DAYS", "a number of days", "400d", _span)
PERCENT = Parsed("PERCENT", "a share below 100%", "5%", _percent)


def yesterday() -> date:
    """Return the last whole day in UTC: the default of every job's `--as-of`."""
    return datetime.now(UTC).date() - timedelta(days=1)


def last_sunday() -> date:
    """Return the last Sunday before today in UTC: the week that ends with it is whole, and so is its report."""
    return yesterday() - timedelta(days=yesterday().isoweekday() % 7)


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--as-of` to a command."""
    return click.option("--as-of", type=DAY, default=yesterday, show_default="yesterday in UTC",
                        help="The last whole day that the job may read.")(command)


def alert_top_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--alert-top` to a command that builds; it wins over CHURN_ALERT_TOP."""
    def override(context: click.Context, _: click.Parameter, value: float | None) -> None:
        if value is not None:
            context.obj = settings_of(context).model_copy(update={"churn_alert_top": value})

    return click.option("--alert-top", type=PERCENT, expose_value=False, callback=override,
                        help="Also alert for the learners whose S is among the highest, such as 5%.")(command)


def example(text: str) -> str:
    """Return an epilog that shows how a command is called."""
    return f"Example: dreamseed {text}"


def settings_of(context: click.Context) -> Settings:
    """Return the settings of a command; they are read, with the group's --home, when first asked for."""
    given: Settings | Path | None = context.obj
    if given is None or isinstance(given, Path):
        from orchestration.settings import read_settings

        given = context.obj = read_settings(dreamseed_home=given)
    return given


def pass_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Call a command with the settings as its first argument; its --help reads none."""
    @functools.wraps(command)
    def call(*arguments: Any, **options: Any) -> Any:
        from orchestration import terminal

        terminal.print_log()
        return command(settings_of(click.get_current_context()), *arguments, **options)

    return call


def job_pipeline(settings: Settings, force: bool = False, dry_run: bool = False) -> Pipeline:
    """Return a pipeline that prints its steps and shows the progress of fits."""
    from orchestration import terminal
    from orchestration.jobs.pipeline import Pipeline

    return Pipeline(settings, on_step=terminal.print_step, on_progress=terminal.job_progress, force=force,
                    dry_run=dry_run)
