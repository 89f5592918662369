"""A cluster for the scripts of k8s/: the fake kubectl on PATH, the calls it received, and how a script ended."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fake_kubectl import Answer, Call, Held, Plan, answer

SCRIPTS = Path(__file__).resolve().parents[3] / "k8s"
K8S = Path(os.environ.get("K8S_DIR", SCRIPTS))  # where the overlays are
KUBECTL = Path(__file__).parent / "bin"
READING = {"get", "kustomize", "diff", "config", "logs", "wait"}


class Clusters(socketserver.ThreadingTCPServer):
    """Answers the calls of bin/kubectl for every cluster, in this process."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Conversation)
        self.clusters: list[Cluster] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def make(self) -> Cluster:
        """Return an empty cluster."""
        self.clusters.append(Cluster(f"127.0.0.1/{self.server_address[1]}", len(self.clusters)))
        return self.clusters[-1]


class Conversation(socketserver.BaseRequestHandler):
    """One call of bin/kubectl: number of the cluster, number of arguments, arguments and standard input."""

    server: Clusters

    def handle(self) -> None:
        """Answer: exit code, seconds to sleep, whether there is output; the error; the output."""
        received = texts(self.request.recv)
        cluster = self.server.clusters[int(next(received))]
        arguments = [next(received) for _ in range(int(next(received)))]
        found = cluster.answer(Call(arguments, next(received)))
        self.request.sendall(f"{found.code} {found.pause} {bool(found.out)}\n{found.error}\0{found.out}".encode())


def texts(receive: Callable[[int], bytes]) -> Iterator[str]:
    """Yield the texts that a NUL ends."""
    begun = b""
    while part := receive(1 << 16):
        *ended, begun = (begun + part).split(b"\0")
        yield from (text.decode() for text in ended)


class Cluster:
    """One cluster."""

    def __init__(self, address: str, number: int) -> None:
        """Make an empty one; its kubectl asks at `address` for `number`."""
        self.plan = Plan()
        self._place = {"FAKE_KUBECTL": address, "FAKE_CLUSTER": str(number)}
        self._calls: list[dict[str, Any]] = []
        self._objects: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()  # the calls of a pipe come at the same time

    def answer(self, call: Call) -> Answer:
        """Record a call and do what it asks."""
        with self._lock:
            self._calls.append({"verb": call.verb, "line": call.line, "options": call.options, "names": call.names})
            return answer(call, Held(self._objects, self.plan))

    def write(self, objects: dict[str, dict[str, Any]]) -> None:
        """Set what is in the cluster."""
        self._objects = json.loads(json.dumps(objects))

    def objects(self) -> dict[str, dict[str, Any]]:
        """Return a copy of {kind/name: object}."""
        return json.loads(json.dumps(self._objects))

    def environment(self, k8s: Path = K8S) -> dict[str, str]:
        """Return the environment in which the scripts find this kubectl and do not wait long."""
        return os.environ | self._place | {
            "PATH": f"{KUBECTL}:{os.environ['PATH']}", "K8S_DIR": str(k8s),
            "POLL_SECONDS": "0.2", "WAIT_SECONDS": "1", "JOB_SECONDS": "3"}

    def run(self, script: str, *arguments: str, k8s: Path = K8S) -> subprocess.CompletedProcess[str]:
        """Run a script of k8s/ on the overlays of a folder `k8s`; nobody is at a terminal."""
        return subprocess.run([SCRIPTS / script, *arguments], env=self.environment(k8s), text=True, capture_output=True,
                              check=False, timeout=120, stdin=subprocess.DEVNULL)

    def calls(self) -> list[dict[str, Any]]:
        """Return every call so far: verb, line, options, names (Kind/name of the objects given)."""
        return list(self._calls)

    def changes(self) -> list[str]:
        """Return the calls that may change a cluster: all but those known to read only."""
        return [call["line"] for call in self._calls if "--local" not in call["options"]
                and call["verb"] not in READING and not call["line"].startswith("rollout status")]

    def applied(self) -> list[str]:
        """Return kind/name of what was applied or created, in order."""
        return [name for call in self._calls if call["verb"] in ("apply", "create") for name in call["names"]]
