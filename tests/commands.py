"""The `dreamseed` command inside the test process: as a user types it, without the second that a process costs."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from unittest import mock

from click.testing import CliRunner

from orchestration import cli

OWN = ("R_", "DREAMSEED_", "DBT_", "DATABASE_URL")


@dataclass(frozen=True)
class Answer:
    """How a command ended, as `subprocess.run` would give it."""

    returncode: int
    stdout: str
    stderr: str


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what names a warehouse, a service or a setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OWN)}


def dreamseed(*arguments: str, environment: dict[str, str]) -> Answer:
    """Run `dreamseed` with `environment` and nothing else that names a warehouse."""
    code = 0
    with mock.patch.dict(os.environ, clean_environment() | environment, clear=True), \
            mock.patch.object(sys, "argv", ["dreamseed", *arguments]), CliRunner().isolation() as (out, err, _):
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        sys.stdout.flush()
        sys.stderr.flush()
        return Answer(code, out.getvalue().decode(), err.getvalue().decode())
