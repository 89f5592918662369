"""One Postgres, one set of R services and one simulated school per test session (per worker of `pytest -n`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from builders import AS_OF, create_database, shared_services

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR, Settings, read_settings
from orchestration.stack.stack import Stack
from python_models.warehouse import migrations
from python_models.warehouse.connection import Warehouse

REAL_ANSWERS = PROJECT_DIR.parent / "shared" / "data" / "attempts" / "attempts.csv.gz"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker what shares a costly fixture: all tests of the school, else those of one file."""
    for item in items:
        shares_school = "school" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("school" if shares_school else item.path.stem))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The session's own stack in a temporary home; R services start when first asked for."""
    for name in [name for name in os.environ if name.startswith(("R_", "DREAMSEED_", "DATABASE_URL", "DBT_"))]:
        del os.environ[name]
    home = tmp_path_factory.mktemp("home")
    os.environ["DREAMSEED_HOME"] = str(home)
    stack = Stack(read_settings(dreamseed_home=home))
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def server_url(stack: Stack) -> str:
    """The URL of the session's Postgres."""
    return stack.database_url()


@pytest.fixture
def database_url(server_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own, migrated and empty."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    url = create_database(server_url, name)
    migrations.upgrade(Warehouse(url))
    yield url
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def settings_for(stack: Stack, tmp_path: Path):  # noqa: ANN201
    """Settings of a warehouse in a database of its own that shares the session's R services."""
    def make(database_url: str, **flags: object) -> Settings:
        return read_settings(database_url=database_url, dreamseed_home=tmp_path / "home", **shared_services(stack),
                             **flags)
    return make


@pytest.fixture(scope="session")
def school(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The session's simulated school after the whole job: built, fitted, built again."""
    from python_models.warehouse.connection import connect
    from simulated_school import School, simulate

    url = create_database(stack.database_url(), "school")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("school"),
                                      **shared_services(stack)))
    pipeline.init()
    with connect(url) as connection:
        simulate(connection, School(learners=1500, weeks=26, seed=7, as_of=AS_OF))
    pipeline.outcomes = pipeline.run((), AS_OF)
    yield pipeline


@pytest.fixture(scope="session")
def real_answers() -> Path:
    """The file of real answers; tests that need it skip where it is absent."""
    if not REAL_ANSWERS.exists():
        pytest.skip("the real answers (shared/data/attempts) are not on this machine")
    return REAL_ANSWERS
