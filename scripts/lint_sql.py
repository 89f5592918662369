"""Lints the models with sqlfluff. Its dbt templater compiles them; an empty embedded Postgres is enough for that."""

import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from orchestration.dbt import Dbt
from orchestration.settings import PROJECT_DIR, read_settings
from orchestration.stack.stack import Stack

with tempfile.TemporaryDirectory() as home:
    settings = read_settings(dreamseed_home=Path(home), database_url="")
    stack = Stack(settings)
    try:
        environment = os.environ | Dbt(settings, stack.database_url(), date(2026, 1, 4)).environment()
        command = [Path(sys.executable).parent / "sqlfluff", "lint", "dbt_project/models"]
        answer = subprocess.run(command, cwd=PROJECT_DIR, env=environment, check=False)
    finally:
        stack.down()
sys.exit(answer.returncode)
