"""What the house rules are checked on: dbt's manifest, and the files of the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR


@pytest.fixture(scope="session")
def manifest(school: Pipeline) -> Manifest:
    """The manifest of the session's own build."""
    return Manifest.read(school.settings.home / "target" / "manifest.json")


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file that git tracks or would track."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT_DIR,
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return [PROJECT_DIR / name for name in listed if name and (PROJECT_DIR / name).is_file()]
