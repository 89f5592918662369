"""The images' recipes, carried out: built in a bare Debian root, started read-only as user 10001, and the job done.

There is no engine here; `image_builder` and `containers` do what one does. Takes minutes, so `make test-slow` runs it;
what can be read from the recipes alone is in tests/house/test_image_recipes.py.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from builders import AS_OF, create_database
from containers import NAMESPACES, Container
from image_builder import Builder

from orchestration.settings import PROJECT_DIR

pytestmark = pytest.mark.slow(reason="builds five images of two gigabytes", concerns=[
    "Dockerfile", "r-services/Dockerfile", ".dockerignore", "r-services/apt-packages.txt", "requirements-runtime.lock"])

SERVICES = ("irt", "brms", "forecast", "cluster")
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """All five images."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap")
    if subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no namespaces")
    folder = tmp_path_factory.mktemp("images") / "b"
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT_DIR,
                            capture_output=True, text=True, check=True).stdout.splitlines()
    try:
        builder = Builder(folder, PROJECT_DIR, [name for name in listed if (PROJECT_DIR / name).is_file()])
        built = {"warehouse": timed("warehouse", builder, "Dockerfile")}
        built |= {name: timed(name, builder, "r-services/Dockerfile", SERVICE=name) for name in SERVICES}
        yield built
    except subprocess.CalledProcessError as error:
        if "debootstrap" not in error.cmd[0] or "ouldn't download" not in error.stdout + error.stderr:
            raise
        pytest.skip("Debian's packages are out of reach")
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # gigabytes; pytest would keep them


def timed(name, builder, path, **arguments):
    began = time.monotonic()
    image = builder.build(PROJECT_DIR / path, arguments | {"VERSION": "1.2.3", "REVISION": "abc"})
    print(f"image {name}: {image.megabytes()} MB, built in {time.monotonic() - began:.0f} s")
    return image


@pytest.fixture(scope="module")
def services(images, tmp_path_factory):
    """The four R services, each in a container of its own; by name, with their address."""
    running = {}
    for name in SERVICES:
        with socket.socket() as probe:  # containers share this machine's network, so each gets a port of its own
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        container = Container.start(images[name], tmp_path_factory.mktemp(name),
                                    environment={"INTERNAL_TOKEN": TOKEN, "PORT": port})
        running[name] = container, f"http://127.0.0.1:{port}"
    yield running
    for container, _ in running.values():
        container.kill()


def wait_ready(container, url, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert container.process.poll() is None, container.kill()
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass  # it is not listening yet
        time.sleep(0.2)
    raise AssertionError(container.kill())


def test_images_hold_what_they_need_and_no_more(images):
    def holds(name, path):
        return any((layer / path).exists() for layer in images[name].layers)

    for name in SERVICES:
        assert holds(name, f"opt/dreamseed/r-services/{name}/plumber.R")
        assert not holds(name, "usr/bin/python3") and not holds(name, "usr/bin/chromium"), name
    for name in images:
        assert not holds(name, "usr/bin/g++"), f"{name} can compile"
        assert not holds(name, "opt/dreamseed/tests") and not holds(name, "opt/dreamseed/r-services/irt/tests"), name
        assert images[name].labels["org.opencontainers.image.version"] == "1.2.3"
    assert not holds("irt", "usr/lib/R/site-library/rstan") and not holds("cluster", "usr/lib/R/site-library/rstan")
    assert holds("brms", "opt/dreamseed/.r-library/growth-models/index.csv")
    packages = "opt/dreamseed/.venv/lib/python3.11/site-packages"
    assert holds("warehouse", f"{packages}/alembic") and not holds("warehouse", f"{packages}/pytest")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_ready_healthy_read_only_and_not_root(services, name):
    container, url = services[name]
    wait_ready(container, url)
    assert httpx.get(f"{url}/healthz", timeout=5).json()["service"] == f"r-{name}-plumber"
    health = container.image.health
    assert container.execute(*health).returncode == 0
    assert container.execute(*health, PORT="1").returncode == 1  # and it can fail
    assert container.init().uids().real == container.init().gids().real == 10001
    for place in ("/opt/dreamseed", "/var/tmp", "/etc", "/"):
        assert container.execute("touch", f"{place}/x").returncode, f"{place} can be written"


def test_the_warehouse_does_the_whole_job_through_the_services(images, services, server_url, tmp_path):
    """A job is a fresh container with an empty home, as in the cluster; only the database remembers."""
    url = create_database(server_url, "images")
    where = Path(url.partition("?host=")[2])
    inside = url.replace(str(where), "/tmp/postgres")
    settings = {"DATABASE_URL": inside, "REPORT_URI": "/tmp/out"}
    for name, (container, address) in services.items():
        wait_ready(container, address)
        settings |= {f"R_{name.upper()}_BASE_URL": address, f"R_{name.upper()}_INTERNAL_TOKEN": TOKEN}
    out, root = tmp_path / "out", tmp_path / "root"
    for folder in (out, root):
        folder.mkdir()
    out.chmod(0o777)
    binds = {"/tmp/postgres/.s.PGSQL.5432": where / ".s.PGSQL.5432", "/tmp/out": out}

    def dreamseed(*arguments, codes=(0,), **more):
        home = tmp_path / f"home{time.monotonic_ns()}"
        home.mkdir()
        os.chown(home, 10001, 10001)
        container = Container.start(images["warehouse"], root, arguments, settings | more,
                                    binds | {"/var/lib/dreamseed": home})
        code, output = container.wait(600)
        assert code in codes, f"{arguments}: {code}\n{output[-3000:]}"
        return output

    assert "Learning analytics" in dreamseed()
    dreamseed("init")
    dreamseed("simulate", "--learners", "300", "--weeks", "20", "--seed", "7", "--as-of", str(AS_OF))
    ran = dreamseed("run", "irt", "growth", "survival", "--as-of", str(AS_OF))
    assert ran.count(": published") == 3, ran
    sampled = dreamseed("fit", "growth", "--as-of", str(AS_OF), codes=(0, 3), BRMS_ENGINE="brms", BRMS_ITER="200")
    assert "rhat" in sampled, sampled  # the compiled Stan programs run, enough draws or not
    user = dreamseed("sql", "select min(user_id) from weekly_kpi where week_start = '2026-06-22'", "--csv").split()[-1]
    dreamseed("build", "--as-of", str(AS_OF), "--select", "+learner_daily", "+published_run", "weekly_kpi_flat")
    dreamseed("report", "--week", str(AS_OF), "--user", user, "--format", "html,pdf", "--lang", "ko,en")
    assert next(out.rglob("report.pdf")).read_bytes().startswith(b"%PDF")
    assert "r-brms-plumber" in dreamseed("status")


def test_a_service_ends_at_once_when_told_to(services):
    container, url = services["cluster"]
    wait_ready(container, url)
    container.init().send_signal(signal.SIGTERM)
    code, _ = container.wait(10)
    assert code in (143, -15), code


def test_a_service_without_a_token_says_so(images, tmp_path):
    code, output = Container.start(images["irt"], tmp_path).wait(60)
    assert code == 2 and "INTERNAL_TOKEN is not set" in output
