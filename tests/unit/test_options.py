"""What commands share: `--alert-top` wins over the setting; values that cannot be read are refused with an example."""

from datetime import date

import click
import pytest
from click.testing import CliRunner

from orchestration.cli import options
from orchestration.cli.options import alert_top_option, choices, pass_settings
from orchestration.settings import Settings, read_settings


@click.command()
@alert_top_option
@pass_settings
def show(settings: Settings) -> None:
    """Print what a command would build with."""
    click.echo(settings.churn_alert_top)


@pytest.mark.parametrize(("arguments", "printed"), [([], "0.1"), (["--alert-top", "5%"], "0.05"),
                                                 (["--alert-top", "0%"], "0.0")])
def test_the_flag_wins_over_the_setting(arguments, printed):
    answer = CliRunner().invoke(show, arguments, obj=read_settings(churn_alert_top=0.1))
    assert answer.output.strip() == printed


@pytest.mark.parametrize("wrong", ["5", "0.05", "100%", "-5%", "many"])
def test_a_share_that_cannot_be_read_is_refused_with_an_example(wrong):
    answer = CliRunner().invoke(show, ["--alert-top", wrong], obj=read_settings())
    assert answer.exit_code == 2 and "write it as 5%" in answer.output


@click.command()
@click.option("--lang", type=choices("en", "ko"), default="en")
def write(lang: tuple[str, ...]) -> None:
    """Print the languages."""
    click.echo(" ".join(lang))


@pytest.mark.parametrize(("arguments", "printed"), [([], "en"), (["--lang", "ko,en"], "ko en"),
                                                 (["--lang", "ko,ko"], "ko")])
def test_choices_keep_their_order_and_count_once(arguments, printed):
    assert CliRunner().invoke(write, arguments).output.strip() == printed


@pytest.mark.parametrize("given", ["fr", "en,fr", "", "EN", "en,"])
def test_a_choice_that_is_none_is_one_line(given):
    answer = CliRunner().invoke(write, ["--lang", given])
    assert answer.exit_code == 2 and "is not one or more of en, ko; write it as en,ko." in answer.output


@pytest.mark.parametrize(("day", "sunday"), [("2026-06-28", "2026-06-28"), ("2026-06-29", "2026-06-28"),
                                             ("2026-07-04", "2026-06-28")])
def test_a_demo_ends_with_the_newest_whole_week(monkeypatch, day, sunday):
    monkeypatch.setattr(options, "yesterday", lambda: date.fromisoformat(day))
    assert options.last_sunday().isoformat() == sunday
