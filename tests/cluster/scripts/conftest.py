"""A cluster for each test; the overlays are the repository's."""

from __future__ import annotations

import copy

import pytest
from fake_cluster import Cluster


@pytest.fixture(scope="session")
def clusters(kustomize, tmp_path_factory):
    """The folder of all clusters; it also keeps the answers of the real kubectl, each asked once."""
    return tmp_path_factory.mktemp("clusters")


@pytest.fixture
def cluster(clusters, request) -> Cluster:
    """An empty cluster."""
    return Cluster(clusters / f"{abs(hash(request.node.nodeid)):x}")


@pytest.fixture(scope="session")
def after_deploying(clusters) -> dict[str, dict]:
    """What is in a cluster after the deployment of prod."""
    cluster = Cluster(clusters / "deployed")
    done = cluster.run("deploy-advanced-analytics.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return cluster.objects()


@pytest.fixture
def deployed(after_deploying) -> dict[str, dict]:
    """The same, for the test to break."""
    return copy.deepcopy(after_deploying)
