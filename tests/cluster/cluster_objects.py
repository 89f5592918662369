"""Rendered manifests, and questions about them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT_DIR

K8S = PROJECT_DIR / "k8s"
OVERLAYS = tuple(sorted(path.parent.name for path in K8S.glob("overlays/*/kustomization.yaml")))
OURS = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C takes a tenth of the time
RENDERED: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}  # by overlay and files


@dataclass(frozen=True)
class Pod:
    """A pod as an object makes it."""

    owner: str  # kind and name
    labels: dict[str, str]
    spec: dict[str, Any]

    def containers(self) -> list[dict[str, Any]]:
        """Return all containers in the order they run."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    def ports(self) -> dict[str, int]:
        """Return {name: number} of the ports that containers listen on."""
        return {port["name"]: port["containerPort"] for one in self.containers() for port in one.get("ports", [])}


class Objects(list[dict[str, Any]]):
    """The objects of one overlay."""

    def __init__(self, documents: Iterable[dict[str, Any] | None]) -> None:
        """Keep the documents that are not empty."""
        super().__init__(document for document in documents if document)

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the objects of some kinds."""
        return [one for one in self if one["kind"] in kinds]

    def one(self, kind: str, name: str) -> dict[str, Any]:
        """Return the object of that kind and name."""
        found = [one for one in self.of(kind) if one["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}; there are {sorted(map(name_of, self.of(kind)))}"
        return found[0]

    def names(self, kind: str) -> set[str]:
        """Return the names of a kind."""
        return {name_of(one) for one in self.of(kind)}

    def pods(self) -> list[Pod]:
        """Return the pods that CronJobs and Deployments make."""
        return [pod_of(one) for one in self.of("CronJob", "Deployment")]

    def data(self, name: str) -> dict[str, str]:
        """Return the data of a ConfigMap."""
        return dict(self.one("ConfigMap", name)["data"])


def rendered(folder: Path) -> str:
    """Return the YAML that `kubectl kustomize` makes of a folder of overlays/; once a session for the same files."""
    root = folder.parents[1]
    files = tuple((str(path.relative_to(root)), path.read_text()) for path in sorted(root.rglob("*.yaml")))
    if (folder.name, files) not in RENDERED:
        done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{folder}: {done.stderr}"
        RENDERED[folder.name, files] = done.stdout
    return RENDERED[folder.name, files]


def name_of(one: dict[str, Any]) -> str:
    """Return an object's name."""
    return str(one["metadata"]["name"])


def pod_of(one: dict[str, Any]) -> Pod:
    """Return the pod that a CronJob or Deployment makes."""
    template = (one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"])["template"]
    return Pod(f"{one['kind']} {name_of(one)}", template["metadata"]["labels"], template["spec"])


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Return whether `matchLabels` select an object with these labels."""
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def environment(container: dict[str, Any]) -> dict[str, Any]:
    """Return {name: value or its source} of a container's own variables."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}


def words(one: dict[str, Any]) -> Iterator[str]:
    """Return every text in an object, keys included."""
    for key, value in one.items() if isinstance(one, dict) else enumerate(one):
        yield str(key)
        if isinstance(value, dict | list):
            yield from words(value)
        else:
            yield str(value)
