"""What the house rules are checked on: dbt's manifest, and the files of the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from dbt_in_process import parsed_manifest

from orchestration.graph.manifest import Manifest
from orchestration.settings import PROJECT_DIR


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    """The manifest of a parsed project; no database is read."""
    return Manifest.read(parsed_manifest())


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file that git tracks or would track."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT_DIR,
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return [PROJECT_DIR / name for name in listed if name and (PROJECT_DIR / name).is_file()]
