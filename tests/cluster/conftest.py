"""The overlays as kustomize renders them, each once per session."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml
from cluster_objects import K8S, LOADER, OVERLAYS, Objects, rendered


@pytest.fixture(scope="session")
def kustomize() -> None:
    """Kustomize 5, as kubectl has had it since 1.27; skips with a reason where there is none."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on this machine; the manifests are rendered by `kubectl kustomize`")
    said = subprocess.run(["kubectl", "version", "--client", "--output=json"], capture_output=True, text=True,
                          check=True).stdout
    version = json.loads(said).get("kustomizeVersion", "v0")
    if int(re.match(r"v(\d+)", version).group(1)) < 5:
        pytest.skip(f"kubectl has kustomize {version}; the manifests need version 5")


@pytest.fixture(scope="session")
def overlays(kustomize) -> dict[str, Objects]:
    """{overlay: its objects}."""
    return {name: Objects(yaml.load_all(rendered(K8S / "overlays" / name), LOADER)) for name in OVERLAYS}


@pytest.fixture(params=OVERLAYS)
def objects(request, overlays) -> Objects:
    """The objects of one overlay."""
    return overlays[request.param]


@pytest.fixture(scope="session")
def prod(overlays) -> Objects:
    """The objects of production."""
    return overlays["prod"]


@pytest.fixture(scope="session")
def graph():
    """The fits and their order, from dbt's manifest of this checkout; parsing needs no database."""
    from dbt_in_process import parsed_manifest  # imports dbt, which only tests of the fits need

    from orchestration.graph.manifest import Manifest

    return Manifest.read(parsed_manifest())
