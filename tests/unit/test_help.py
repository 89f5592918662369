"""What `dreamseed --help` and the help of each command show."""

import re
from collections import Counter
from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner
from commands import dreamseed

from orchestration.cli import COMMANDS, cli
from orchestration.cli.options import FIT, known_fits

PARAMETERS = [(name, parameter) for name in COMMANDS for parameter in cli.commands[name].params]
TAKING_A_FIT = [(name, parameter) for name, parameter in PARAMETERS if parameter.type is FIT]


def test_every_command_has_help_with_an_example():
    for name, command in cli.commands.items():
        text = CliRunner().invoke(cli, [name, "--help"]).output
        assert command.help and f"Example: dreamseed {name}" in " ".join(text.split()), name


def test_no_two_commands_have_the_same_line():
    assert not [line for line, n in Counter(entry.summary for entry in COMMANDS.values()).items() if n > 1]


def test_commands_are_listed_once_under_their_headings():
    text = CliRunner().invoke(cli, ["--help"]).output
    headings = list(dict.fromkeys(entry.group for entry in COMMANDS.values()))
    assert len(headings) > 3 and re.findall(r"^(\w[^:\n]+):$", text, re.M) == ["Options", *headings]
    listed = re.findall(r"^  ([a-z][a-z-]*) ", text, re.M)
    assert sorted(listed) == sorted(COMMANDS)


def test_every_option_has_help():
    assert not [f"{name} {parameter.opts[0]}" for name, parameter in PARAMETERS
                if isinstance(parameter, click.Option) and not parameter.help]


def test_a_metavar_is_a_word_that_can_be_replaced():
    """A type's name is written in capitals, so `DAYSd` became DAYSD."""
    for name, parameter in PARAMETERS:
        own = parameter.type.name
        assert isinstance(parameter.type, click.Choice) or own in (own.upper(), own.lower()), f"{name}: {own}"


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(cli, ["--version"]).output == f"dreamseed {version('dreamseed-analytics')}\n"


def test_every_parameter_that_names_a_fit_knows_them():
    named = {(name, parameter.name) for name, parameter in PARAMETERS
             if re.search(r"\bfits?\b", f"{parameter.name} {parameter.human_readable_name} "
                                        f"{getattr(parameter, 'metavar', '')}", re.I)}
    assert named <= {(name, parameter.name) for name, parameter in TAKING_A_FIT}
    assert {name for name, _ in TAKING_A_FIT} == {"build", "fit", "rollback", "run", "runs", "verify"}


@pytest.mark.parametrize(("name", "parameter"), TAKING_A_FIT, ids=lambda one: getattr(one, "name", one))
def test_an_unknown_fit_is_wrong_usage_everywhere(name, parameter, tmp_path):
    given = [parameter.opts[0], "nofit"] if isinstance(parameter, click.Option) else ["nofit"]
    done = dreamseed(name, *given, environment={"DREAMSEED_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout, len(done.stderr.strip().splitlines())) == (2, "", 1)
    assert f"There is no fit 'nofit'; use one of: {', '.join(known_fits())}." in done.stderr
    assert not list(tmp_path.iterdir())
