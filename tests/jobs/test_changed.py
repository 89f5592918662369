"""`make test-changed` in a clean clone: builds what a branch changed, and nothing that it did not touch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_DIR

GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


pytestmark = pytest.mark.slow(reason="builds two checkouts", concerns=[
    "scripts/test_changed.sh", "orchestration/dbt.py", "orchestration/graph/widen.py"])


@pytest.fixture
def clone(tmp_path):
    """A repository with these very files as its first commit, on main; work goes on in a branch."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT_DIR,
                            capture_output=True, text=True, check=True).stdout.splitlines()
    for name in listed:
        if Path(PROJECT_DIR, name).is_file():
            target = tmp_path / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT_DIR / name, target)
    folder = tmp_path / "clone"
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "base"],
                      ["checkout", "-q", "-b", "branch"]):
        subprocess.run([*GIT, *arguments], cwd=folder, check=True)
    return folder


def run_script(folder, **environment):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("R_", "DREAMSEED_", "DBT_", "PYTHONPATH", "BASE"))}
    return subprocess.run([folder / "scripts" / "test_changed.sh"], capture_output=True, text=True, check=False,
                          env=clean | {"BIN": str(Path(sys.executable).parent)} | environment)


def test_only_what_changed_and_what_depends_on_it_is_built(clone):
    same = run_script(clone)
    assert same.returncode == 0 and "no dbt file differs" in same.stdout

    model = clone / "dbt_project/models/kpis/weekly/weekly_kpi_flat.sql"
    model.write_text(model.read_text() + "where user_id is not null\n")
    built = run_script(clone, DATABASE_URL="postgresql://nobody@127.0.0.1:1/never-touched")
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-2000:]
    made = [line for line in built.stdout.splitlines() if " created " in line or "OK " in line and "model" in line]
    assert any("weekly_kpi_flat" in line for line in made)
    assert not any("features_topic_daily" in line or "int_answers" in line for line in made)


def test_without_a_commit_to_compare_with_it_says_how_to_name_one(clone):
    refused = run_script(clone, BASE="no-such-branch")
    assert refused.returncode == 2 and "BASE=<commit>" in refused.stderr
