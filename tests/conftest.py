"""One Postgres, one set of R services and a few databases to copy per test session, shared by its workers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import data_tests
import psycopg
import pytest
from builders import AS_OF, shared_services
from commands import OWN
from templates import Templates

import orchestration.dbt
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR, Settings, read_settings
from orchestration.stack import postgres
from orchestration.stack.stack import Stack
from python_models.warehouse.connection import connect

REAL_ANSWERS = PROJECT_DIR.parent / "shared" / "data" / "attempts" / "attempts.csv.gz"
# Nobody needs a test's data after a crash; and each of some thousand connections maps the buffers, which small schools
# do not fill.
SMALL_AND_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "384MB"}


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the reaper wait for the end of the session (of the controller, where there are workers)."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    own_root = []
    if not config.option.basetemp and "PYTEST_DEBUG_TEMPROOT" not in os.environ:
        # A user's sessions share a folder, and each new session closes it to other users: to the servers of the rest.
        own_root = [tempfile.mkdtemp(prefix="dreamseed-tests-")]
        os.environ["PYTEST_DEBUG_TEMPROOT"] = own_root[0]
    folder = config._tmp_path_factory.getbasetemp()
    reaper = subprocess.Popen([sys.executable, Path(__file__).with_name("reaper.py"), folder, *own_root],
                              stdin=subprocess.PIPE, start_new_session=True)
    config.add_cleanup(lambda: (reaper.stdin.close(), reaper.wait(60)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the tests that `make test` leaves out, and the case in which it does not."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, and no others")
    parser.addoption("--slow-since", metavar="COMMIT", help="also run slow tests that concern a file changed since")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not asked for, and keep the tests of one file on one worker: they share fixtures."""
    changed = changed_since(config.option.slow_since) if config.option.slow_since else []
    chosen = [item for item in items if is_chosen(item.get_closest_marker("slow"), config.option.slow, changed)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):  # noqa: ANN201
    """Run data tests in the builds of a marked test and of the fixtures that it is the first to ask for."""
    with data_tests.run(item.get_closest_marker("data_tests") is not None):
        return (yield)


def is_chosen(slow: pytest.Mark | None, only_slow: bool, changed: Sequence[str]) -> bool:
    """Return whether a test runs: the slow ones on request, or where one of the files they concern changed."""
    if slow is None:
        return not only_slow
    return only_slow or any(fnmatch(file, pattern) for file in changed for pattern in slow.kwargs["concerns"])


def changed_since(commit: str) -> list[str]:
    """Return the files that differ from a commit; none where git does not know it, as in a shallow clone."""
    known = subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=PROJECT_DIR, check=False,
                           stderr=subprocess.DEVNULL).returncode == 0
    return subprocess.run(["git", "diff", "--name-only", commit], cwd=PROJECT_DIR, check=True, text=True,
                          capture_output=True).stdout.split() if known else []


@pytest.fixture(scope="session")
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the session's stack, the same for all workers."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "session-home"
    home.mkdir(exist_ok=True)
    return home


@pytest.fixture(scope="session", autouse=True)
def environment(session_home: Path) -> None:
    """No setting of whoever runs the tests, and dbt inside this process."""
    for name in [name for name in os.environ if name.startswith(OWN)]:
        del os.environ[name]
    os.environ["DREAMSEED_HOME"] = str(session_home)

    def in_process(name: str) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            import dbt_in_process  # importing dbt takes 2 s, which tests without a database do not need

            return getattr(dbt_in_process, name)(*arguments, **options)
        return call

    orchestration.dbt.run_dbt, orchestration.dbt.read_dbt = in_process("run"), in_process("read")


@pytest.fixture(scope="session")
def stack(session_home: Path) -> Stack:
    """The session's stack; R services start when first asked for. The reaper ends it."""
    tuning = postgres._tuning()
    postgres._tuning = lambda: tuning | SMALL_AND_UNSAFE
    return Stack(read_settings(dreamseed_home=session_home))


@pytest.fixture(scope="session")
def server_url(stack: Stack) -> str:
    """The URL of the session's Postgres."""
    return stack.database_url()


@pytest.fixture(scope="session")
def templates(session_home: Path, stack: Stack, server_url: str) -> Templates:
    """Databases to copy."""
    return Templates(session_home, server_url, lambda: shared_services(stack))


@pytest.fixture
def database_url(templates: Templates, server_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own, migrated and empty."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    yield templates.copy(templates.migrated(), name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def settings_for(stack: Stack, tmp_path: Path):  # noqa: ANN201
    """Settings of a warehouse in a database of its own that shares the session's R services."""
    def make(database_url: str, **flags: object) -> Settings:
        return read_settings(database_url=database_url, dreamseed_home=tmp_path / "home", **shared_services(stack),
                             **flags)
    return make


@pytest.fixture(scope="module")
def copy_school(templates: Templates, stack: Stack, tmp_path_factory: pytest.TempPathFactory,
                request: pytest.FixtureRequest) -> Callable[[tuple[str, object]], Pipeline]:
    """Return the pipeline of a copy of a school's template; `outcomes` says how its fits ended."""
    def make(template: tuple[str, object]) -> Pipeline:
        name = f"{template[0]}_{request.path.stem}"
        pipeline = Pipeline(read_settings(database_url=templates.copy(template[0], name),
                                          dreamseed_home=tmp_path_factory.mktemp(name), **shared_services(stack)))
        pipeline.outcomes = template[1]
        pipeline.dbt(AS_OF).parse()
        return pipeline
    return make


@pytest.fixture(scope="module")
def school(templates: Templates, copy_school: Callable[[tuple[str, object]], Pipeline]) -> Pipeline:
    """A simulated school of 1,500 learners after the whole job; each file of tests has a copy."""
    return copy_school(templates.school())


@pytest.fixture(scope="module")
def small_school(templates: Templates, copy_school: Callable[[tuple[str, object]], Pipeline]) -> Pipeline:
    """A simulated school of 600 learners after the whole job; each file of tests has a copy."""
    return copy_school(templates.small_school())


@pytest.fixture(scope="session")
def real_answers() -> Path:
    """The file of real answers; tests that need it skip where it is absent."""
    if not REAL_ANSWERS.exists():
        pytest.skip("the real answers (shared/data/attempts) are not on this machine")
    return REAL_ANSWERS


@pytest.fixture(scope="module")
def load_real_answers(real_answers: Path, templates: Templates, stack: Stack,
                      tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pipeline]:
    """Load the real answers into a warehouse of the caller's own; return its pipeline, `loaded` says what came in."""
    def load(**settings: object) -> Pipeline:
        from python_models import answers

        home = tmp_path_factory.mktemp("real")
        pipeline = Pipeline(read_settings(database_url=templates.copy(templates.migrated(), home.name),
                                          dreamseed_home=home, **shared_services(stack), **settings))
        pipeline.file = real_answers
        with connect(pipeline.database_url) as connection:
            pipeline.loaded = answers.load(connection, real_answers)
        return pipeline
    return load
