"""What docs/adr/0015 says of several pods, with real R services behind a loopback balancer as kube-proxy is one.

The balancer chooses a pod for each connection: the same one for a client (sessionAffinity ClientIP), or the next.
"""

import gzip
import os
import socket
import subprocess
import threading
import time
from contextlib import suppress

import httpx
import psutil
import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.stack.services import R_DIR
from python_models.errors import BusyError
from python_models.fitting.client import ServiceAddress, ServiceClient

TOKEN = "canary-token"
TINY = {"as_of": "2026-06-28", "sample_size": 100, "n_references": 10, "n_bootstraps": 10}
SHORT = TINY | {"sample_size": 500}  # still runs when its start has been seen
LONG = SHORT | {"n_references": 20, "n_bootstraps": 20}  # still runs when an R process has started meanwhile
ENVIRONMENT = os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library"), "INTERNAL_TOKEN": TOKEN}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RPod:
    """One R service as a process."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", R_DIR / "run.R", "cluster", "--port", str(self.port)], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def wait_ready(self):
        for _ in range(600):
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        pytest.fail("the R service did not become ready")

    def metric(self, name):
        lines = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def stop(self):
        if self.process.poll() is None:
            for process in (*psutil.Process(self.process.pid).children(recursive=True), self.process):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self.process.wait()


class Balancer:
    """Hands each connection to a living pod: the first one, or (without affinity) each in turn."""

    def __init__(self, pods, affinity):
        self.pods, self.affinity, self.taken = pods, affinity, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def choose(self):
        alive = [pod for pod in self.pods if pod.process.poll() is None]
        self.taken += 1
        if not alive:
            raise ConnectionRefusedError
        return alive[0 if self.affinity else self.taken % len(alive)]

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.choose().port))
            except OSError:  # the pod is just dying: this connection fails, the balancer goes on
                client.close()
                continue
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    @staticmethod
    def carry(source, target):
        with suppress(OSError):  # one end is gone
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):  # so the other goes too; close() alone would not wake who reads from it
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def pods():
    made = [RPod(), RPod()]
    for pod in made:
        pod.wait_ready()
    yield made
    for pod in made:
        pod.stop()


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """Learners of one kind: 3,000 rows of five features."""
    import numpy as np

    numbers = np.random.default_rng(7).normal(size=(3000, 5)).round(6)
    names = ["engagement", "improvement", "efficiency", "recovery", "other"]
    lines = ["user_id," + ",".join(names), *(f"u{i}," + ",".join(map(str, row)) for i, row in enumerate(numbers))]
    path = tmp_path_factory.mktemp("wire") / "features.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def fit(balancer, features, key, parameters=TINY, one_connection=True):
    address = ServiceAddress(f"http://127.0.0.1:{balancer.port}", TOKEN)
    with ServiceClient(address) as client:
        if not one_connection:  # as after a pause, or behind a proxy: every request comes by a connection of its own
            client._http.headers["Connection"] = "close"
        return client.fit("/cluster/fit", parameters, {"features": features}, key, 120)


def until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def begin(pod, balancer, features, key, parameters=SHORT):
    """Submit a fit as a runner does; return once it runs in `pod`, with the list that will hold its answer."""
    answer = []
    runner = threading.Thread(target=lambda: answer.append(fit(balancer, features, key, parameters)), daemon=True)
    runner.start()
    until(lambda: pod.metric("fits_running") == 1)
    return runner, answer


def test_without_affinity_a_second_pod_breaks_every_fit_and_with_it_none(pods, features):
    """A job is known to the pod that took it: a poll that reaches another one is answered UNKNOWN_JOB."""
    with pytest.raises(BusyError, match="UNKNOWN_JOB"):
        fit(Balancer(pods, affinity=False), features, "scattered", one_connection=False)
    assert fit(Balancer(pods, affinity=True), features, "together", one_connection=False)[1]["gates"]
    until(lambda: sum(pod.metric("fits_running") for pod in pods) == 0)


def test_a_pod_that_must_go_waits_for_its_fit(pods, features):
    """drain.R, the preStop hook: nothing happens to the fit, and soon after it has ended the pod may go."""
    before = pods[0].metric("fit_jobs_total")
    runner, answer = begin(pods[0], Balancer(pods, affinity=True), features, "drained")
    drained = drain("--port", str(pods[0].port), "--quiet-seconds", "2")
    assert drained.returncode == 0 and "no fit is left" in drained.stderr
    assert pods[0].metric("fit_jobs_total") == before + 1  # it has ended
    runner.join(30)
    assert answer


def test_a_fit_whose_pod_dies_is_made_again_by_another(pods, features):
    """The pod waits as long as it may, not longer; the runner sends the fit again, under the same key."""
    before = pods[1].metric("fit_jobs_total")
    runner, answer = begin(pods[0], Balancer(pods, affinity=True), features, "lost", LONG)
    late = drain("--port", str(pods[0].port), "--seconds", "0")
    assert late.returncode == 1 and "time is up with 1 fits left" in late.stderr
    pods[0].stop()
    gone = drain("--port", str(pods[0].port))
    assert gone.returncode == 0 and "is gone" in gone.stderr
    runner.join(120)
    assert answer and answer[0][1]["gates"] and pods[1].metric("fit_jobs_total") == before + 1


@pytest.mark.parametrize("words", [["--seconds"], ["--seconds", "soon"], ["--fast", "1"], ["now"]])
def test_wrong_usage_of_drain_exits_2_with_a_line(words):
    refused = drain(*words)
    assert refused.returncode == 2 and "usage: Rscript" in refused.stderr


def drain(*words):
    return subprocess.run(["Rscript", "--vanilla", R_DIR / "drain.R", *words], capture_output=True, text=True,
                          check=False, env=ENVIRONMENT, timeout=120)
