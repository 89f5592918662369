"""A cluster for the scripts of k8s/: the fake kubectl on PATH, the calls it received, and how a script ended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass, field
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[3] / "k8s"
K8S = Path(os.environ.get("K8S_DIR", SCRIPTS))  # where the overlays are
READING = {"get", "kustomize", "diff", "config", "logs", "wait"}


@dataclass
class Plan:
    """How the cluster behaves: {ExternalSecret: message}, {Secret: keys it lacks}, {Job: exit code; None: it runs on}.

    `failures` are calls that fail: regular expressions `call` and `names` (of the objects given); `code`, `error`,
    `sleep`.
    """

    unready: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[str, int | None] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    failures: list[dict[str, object]] = field(default_factory=list)


class Cluster:
    """One cluster in a folder."""

    def __init__(self, folder: Path) -> None:
        """Make an empty one; its kubectl is a file of that name in `folder`/bin."""
        self.folder, self.plan = folder, Plan()
        (folder / "bin").mkdir(parents=True)
        kubectl = folder / "bin" / "kubectl"
        program = Path(__file__).with_name("fake_kubectl.py")
        kubectl.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{program}" "$@"\n')
        kubectl.chmod(0o755)
        self.write({})

    def write(self, objects: dict[str, dict]) -> None:
        """Set what is in the cluster."""
        (self.folder / "objects.json").write_text(json.dumps(objects))

    def objects(self) -> dict[str, dict]:
        """Return {kind/name: object}."""
        return json.loads((self.folder / "objects.json").read_text())

    def environment(self, k8s: Path = K8S) -> dict[str, str]:
        """Return the environment in which the scripts find this kubectl and do not wait long."""
        (self.folder / "plan.json").write_text(json.dumps(asdict(self.plan)))
        real = shutil.which("kubectl")
        assert real is not None, "kubectl is not on this machine; the overlays are rendered by it"
        return os.environ | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "FAKE_CLUSTER": str(self.folder),
            "REAL_KUBECTL": real, "FAKE_SITE_PACKAGES": sysconfig.get_path("purelib"), "K8S_DIR": str(k8s),
            "POLL_SECONDS": "0.05", "WAIT_SECONDS": "1", "JOB_SECONDS": "3"}

    def run(self, script: str, *arguments: str, k8s: Path = K8S) -> subprocess.CompletedProcess[str]:
        """Run a script of k8s/ on the overlays of a folder `k8s`; nobody is at a terminal."""
        return subprocess.run([SCRIPTS / script, *arguments], env=self.environment(k8s), text=True, capture_output=True,
                              check=False, timeout=120, stdin=subprocess.DEVNULL)

    def calls(self) -> list[dict]:
        """Return every call so far: verb, line, options, names (Kind/name of the objects given)."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def changes(self) -> list[str]:
        """Return the calls that may change a cluster: all but those known to read only."""
        return [call["line"] for call in self.calls() if "--local" not in call["options"]
                and call["verb"] not in READING and not call["line"].startswith("rollout status")]

    def applied(self) -> list[str]:
        """Return kind/name of what was applied or created, in order."""
        return [name for call in self.calls() if call["verb"] in ("apply", "create") for name in call["names"]]
