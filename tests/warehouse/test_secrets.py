"""Secrets are never written anywhere: canaries go in, then everything that was written is searched for them."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from builders import AS_OF, create_database

from orchestration.settings import read_settings
from orchestration.stack.services import RServices, service_names

TOKEN, PREVIOUS, PASSWORD = "canary-token-5b1d", "canary-previous-77aa", "canary-password-e0c3"
CANARIES = (TOKEN, PREVIOUS, PASSWORD)
DREAMSEED = Path(sys.executable).parent / "dreamseed"
NOWHERE = f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/none"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("secrets")
    yield home
    dreamseed(home, "down")


@pytest.fixture(scope="module")
def url(server_url, home):
    """A small warehouse whose URL holds the canary (the socket asks for no password)."""
    url = create_database(server_url, "secrets").replace("//postgres:@", f"//postgres:{PASSWORD}@", 1)
    assert PASSWORD in url
    for arguments in (["init"], ["simulate", "--learners", "30", "--weeks", "6", "--as-of", str(AS_OF)]):
        assert dreamseed(home, *arguments, DATABASE_URL=url).code == 0
    return url


class Done:
    """How a command ended, what it wrote, and every command line that it and its children had meanwhile."""

    def __init__(self, home, arguments, environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("R_", "DREAMSEED_", "DBT_"))}
        self.command_lines = set()
        process = subprocess.Popen([DREAMSEED, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env=clean | {"DREAMSEED_HOME": str(home)} | environment)
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        self.output = process.communicate()[0]
        watcher.join()
        self.code = process.returncode

    def _watch(self, process):
        while process.poll() is None:
            try:
                for one in [child := psutil.Process(process.pid), *child.children(recursive=True)]:
                    self.command_lines.add(" ".join(one.cmdline()))
            except psutil.NoSuchProcess:
                continue  # it ended while we looked
            time.sleep(0.1)


def dreamseed(home, *arguments, **environment):
    return Done(home, arguments, environment)


def tokens(**more):
    return {f"R_{name.upper()}_INTERNAL_TOKEN": TOKEN for name in service_names()} | more


def written(home):
    """Every file below the home by its bytes, but the database's own."""
    return {path: path.read_bytes() for path in home.rglob("*")
            if path.is_file() and "postgres" not in path.relative_to(home).parts}


def assert_no_canary(home, done):
    for canary in CANARIES:
        assert canary not in done.output, done.output
        assert not [line for line in done.command_lines if canary in line], "on a command line"
        found = [str(path) for path, content in written(home).items() if canary.encode() in content]
        assert not found, f"{canary} is in {found}"


@pytest.mark.parametrize(("arguments", "code", "environment"), [
    (["--help"], 0, {"DATABASE_URL": NOWHERE}),
    (["status"], 75, {"DATABASE_URL": NOWHERE}),
    (["init"], 75, {"DATABASE_URL": NOWHERE}),
    (["run", "--as-of", str(AS_OF)], 75, {"DATABASE_URL": NOWHERE}),
    (["status"], 2, {"DATABASE_URL": f"mysql://root:{PASSWORD}@db/x"}),
    (["status"], 2, {"DATABASE_URL": PASSWORD}),
    (["status"], 75, {"DATABASE_URL": f"postgresql://postgres:{PASSWORD}@127.0.0.1:port/none"}),
    (["status"], 2, {"DATABASE_URL": NOWHERE, "R_IRT_TIMEOUT_SECS": "soon"}),
])
def test_no_secret_in_what_goes_wrong_before_a_database(home, arguments, code, environment):
    done = dreamseed(home, *arguments, **tokens(**environment))
    assert (done.code, "Traceback" in done.output) == (code, False), done.output
    assert_no_canary(home, done)


def test_no_secret_where_the_password_is_wrong(home, url):
    done = dreamseed(home, "runs", DATABASE_URL=url.replace("//postgres:", "//nobody_here:", 1))
    assert done.code == 75 and "nobody_here" in done.output
    assert_no_canary(home, done)


@pytest.mark.slow(reason="three processes that parse the project",
                  concerns=["orchestration/*", "python_models/*", "profiles.yml"])
def test_no_secret_in_builds_and_where_a_service_is_unreachable(home, url):
    build = ["build", "--as-of", str(AS_OF), "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
             "--select", "+irt_input"]
    done = dreamseed(home, *build, DATABASE_URL=url)
    assert done.code == 0, done.output[-3000:]
    assert any("dbt" in line for line in done.command_lines)  # the watcher saw the children
    assert_no_canary(home, done)
    away = tokens(DATABASE_URL=url, R_IRT_BASE_URL="http://127.0.0.1:1", R_IRT_TIMEOUT_SECS="1")
    done = dreamseed(home, "fit", "irt", "--as-of", str(AS_OF), **away)
    assert done.code == 75 and "127.0.0.1:1" in done.output, done.output
    assert_no_canary(home, done)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table attempt_log cascade")
    broken = dreamseed(home, *build, DATABASE_URL=url)
    assert broken.code == 1 and "attempt_log" in broken.output, broken.output[-3000:]
    assert_no_canary(home, broken)


def test_no_secret_in_the_logs_of_a_service(home, monkeypatch):
    """A service that this home starts gets the canaries as its two tokens: a right call, a bad one, wrong tokens."""
    monkeypatch.setenv("INTERNAL_TOKEN_PREVIOUS", PREVIOUS)
    services = RServices(read_settings(dreamseed_home=home, r_cluster_internal_token=TOKEN))
    service = services.start("cluster")
    url = f"http://127.0.0.1:{service.port}"

    def status(token, body):
        return httpx.post(f"{url}/cluster/fit", headers={"Authorization": f"Bearer {token}"}, json=body).status_code

    assert [status(token, {"features": []}) for token in (TOKEN, PREVIOUS)] == [422, 422]  # no learner
    assert status(f"{TOKEN}-wrong", {}) == 401
    assert status(TOKEN, {"features": [{"user_id": "u", "x": "system('id')"}]}) in (400, 422)
    assert httpx.get(f"{url}/metrics").status_code == 200
    command_line = " ".join(service.process().cmdline())
    services.stop()
    log = services.log_file("cluster").read_text()
    assert "fit finished" in log and not [one for one in CANARIES if one in log or one in command_line]
