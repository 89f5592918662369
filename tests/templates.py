"""Databases that are made once a session and copied by all workers: migrated, and a simulated school after its job."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import data_tests
from builders import AS_OF, create_database

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from orchestration.stack.home import file_lock
from python_models.warehouse import migrations
from python_models.warehouse.connection import Warehouse, connect
from simulated_school import School, simulate


class Templates:
    """Makes each template when it is first asked for. `home` is shared by the session's workers."""

    def __init__(self, home: Path, server_url: str, services: Callable[[], dict[str, str]]) -> None:
        self.home, self.server_url, self.services = home, server_url, services

    def migrated(self) -> str:
        """A database with the warehouse's own tables and nothing in them."""
        return self._once("migrated", lambda url: migrations.upgrade(Warehouse(url)))[0]

    def school(self) -> tuple[str, object]:
        """1,500 learners over 26 weeks after `dreamseed run`: built, all fits, built again; and how the fits ended."""
        return self._once("school", lambda url: self._simulated(
            url, School(learners=1500, weeks=26, seed=7, as_of=AS_OF)).run((), AS_OF), tested=True)

    def small_school(self) -> tuple[str, object]:
        """600 learners over 20 weeks after the same job, without its data tests."""
        return self._once("small", lambda url: self._simulated(
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

    def _once(self, name: str, make: Callable[[str], object], tested: bool = False) -> tuple[str, object]:
        database, made = f"template_{name}", self.home / f"{name}.made"
        with file_lock(self.home / f"{name}.lock"):
            if not made.exists():
                with data_tests.run(tested):
                    result = make(create_database(self.server_url, database))
                made.write_bytes(pickle.dumps(result))
        return database, pickle.loads(made.read_bytes())  # noqa: S301 - written above

