"""The images, built by Podman from the project's Dockerfiles, started read-only as user 10001, doing their whole job.

Takes minutes, so `make test-slow` runs it; tests/house/test_image_recipes.py has what can be read from the recipes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest
from builders import AS_OF, create_database
from containers import Podman

from orchestration.settings import PROJECT_DIR

pytestmark = pytest.mark.slow(reason="builds five images of two gigabytes", concerns=[
    "Dockerfile", "r-services/Dockerfile", ".dockerignore", "r-services/apt-packages.txt", "requirements-runtime.lock"])

SERVICES = ("irt", "brms", "forecast", "cluster")
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    """Podman with all five images: `warehouse` and one of each service's name."""
    missing = [tool for tool in ("debootstrap", "podman", "runc") if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root and the packages of `scripts/setup.sh test-slow`; missing: {missing}")
    engine = Podman(tmp_path_factory.mktemp("images") / "podman")
    try:
        engine.make_base()
        build(engine, "warehouse", "Dockerfile")
        for name in SERVICES:
            build(engine, name, "r-services/Dockerfile", SERVICE=name)
        yield engine
    except subprocess.CalledProcessError as error:
        if "debootstrap" not in error.cmd[0] or "ouldn't download" not in error.stdout + error.stderr:
            raise
        pytest.skip("Debian's packages are out of reach")
    finally:
        engine.close()


def build(engine, image, recipe, **arguments):
    began = time.monotonic()
    engine.build(image, PROJECT_DIR / recipe, PROJECT_DIR, arguments | {"VERSION": "1.2.3", "REVISION": "abc"})
    print(f"image {image}: {engine.megabytes(image)} MB, built in {time.monotonic() - began:.0f} s")


@pytest.fixture(scope="module")
def services(podman):
    """The four R services, each in a container of its own; by name, with their address."""
    running = {}
    for name in SERVICES:
        with socket.socket() as probe:  # containers share this machine's network, so each gets a port of its own
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        container = podman.start(name, {"INTERNAL_TOKEN": TOKEN, "PORT": port})
        running[name] = container, f"http://127.0.0.1:{port}"
    return running


def wait_ready(container, url, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert container.state()["Running"], container.logs()
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass  # it is not listening yet
        time.sleep(0.2)
    raise AssertionError(container.logs())


def test_images_hold_what_they_need_and_no_more(podman):
    files = {name: podman.files(name) for name in ("warehouse", *SERVICES)}
    home, r_packages = "/opt/dreamseed", "/usr/lib/R/site-library"
    for name in SERVICES:
        assert f"{home}/r-services/{name}/plumber.R" in files[name]
        assert not files[name] & {"/usr/bin/python3", "/usr/bin/chromium"}, name
    for name, inside in files.items():
        assert "/usr/bin/g++" not in inside, f"{name} can compile"
        assert not inside & {f"{home}/tests", f"{home}/r-services/irt/tests"}, name
        assert podman.inspect("image", name)["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert f"{r_packages}/rstan" not in files["irt"] | files["cluster"]
    assert {f"{r_packages}/rstan", f"{home}/.r-library/growth-models/index.csv"} <= files["brms"]
    python_packages = f"{home}/.venv/lib/python3.11/site-packages"
    assert f"{python_packages}/alembic" in files["warehouse"]
    assert f"{python_packages}/pytest" not in files["warehouse"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_ready_healthy_read_only_and_not_root(podman, services, name):
    container, url = services[name]
    wait_ready(container, url)
    assert httpx.get(f"{url}/healthz", timeout=5).json()["service"] == f"r-{name}-plumber"
    assert container.check_health() == 0
    check = podman.inspect("image", name)["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    assert container.execute(*check[1:], environment={"PORT": "1"}) == 1, "the health check cannot fail"
    process = psutil.Process(container.state()["Pid"])
    assert process.uids().real == process.gids().real == 10001
    assert container.execute("touch", "/tmp/x") == 0
    for place in ("/opt/dreamseed", "/var/tmp", "/etc", "/"):
        assert container.execute("touch", f"{place}/x"), f"{place} can be written"


def test_the_warehouse_does_the_whole_job_through_the_services(podman, services, server_url, tmp_path):
    """A job is a fresh container with an empty home, as in the cluster; only the database remembers."""
    url = create_database(server_url, "images")
    where = Path(url.partition("?host=")[2])
    settings = {"DATABASE_URL": url.replace(str(where), "/tmp/postgres"), "REPORT_URI": "/tmp/out"}
    for name, (container, address) in services.items():
        wait_ready(container, address)
        settings |= {f"R_{name.upper()}_BASE_URL": address, f"R_{name.upper()}_INTERNAL_TOKEN": TOKEN}
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)
    volumes = (f"--volume={where}/.s.PGSQL.5432:/tmp/postgres/.s.PGSQL.5432", f"--volume={out}:/tmp/out",
               "--volume=/var/lib/dreamseed")

    def dreamseed(*arguments, codes=(0,), **more):
        code, output = podman.run("warehouse", *arguments, options=volumes, environment=settings | more, seconds=600)
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


def test_a_service_ends_at_once_on_a_signal(services):
    container, url = services["cluster"]
    wait_ready(container, url)
    assert container.stop() == 143


def test_a_service_without_a_token_names_the_missing_setting(podman):
    code, output = podman.run("irt", environment={}, seconds=60)
    assert code == 2 and "INTERNAL_TOKEN is not set" in output
