"""What `dreamseed --help` and the help of each command show."""

from click.testing import CliRunner

from orchestration.cli import cli


def test_every_command_has_help_with_an_example():
    for name, command in cli.commands.items():
        text = CliRunner().invoke(cli, [name, "--help"]).output
        assert command.help and f"Example: dreamseed {name}" in " ".join(text.split()), name
