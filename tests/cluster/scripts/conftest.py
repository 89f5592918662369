"""A cluster for each test; the overlays are the repository's."""

from __future__ import annotations

import copy

import pytest
from fake_cluster import Cluster, Clusters


@pytest.fixture(scope="session")
def clusters(kustomize):
    """The server of all clusters."""
    with Clusters() as server:
        yield server
        server.shutdown()


@pytest.fixture
def cluster(clusters) -> Cluster:
    """An empty cluster."""
    return clusters.make()


@pytest.fixture(scope="session")
def after_deploying(clusters) -> dict[str, dict]:
    """What is in a cluster after the deployment of prod."""
    cluster = clusters.make()
    done = cluster.run("deploy-advanced-analytics.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return cluster.objects()


@pytest.fixture
def deployed(after_deploying) -> dict[str, dict]:
    """The same, for the test to break."""
    return copy.deepcopy(after_deploying)
