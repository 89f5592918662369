"""What the scripts ask is asked of the real kubectl too: it and the fake one answer alike.

The real one talks to a server that knows lists and single objects; that is all these questions need of a cluster.
"""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cluster import SCRIPTS

pytestmark = pytest.mark.usefixtures("kustomize")

GROUPS = {"/api/v1": ["Secret", "ConfigMap", "Pod"], "/apis/batch/v1": ["CronJob", "Job"],
          "/apis/apps/v1": ["Deployment"], "/apis/external-secrets.io/v1": ["ExternalSecret"]}
QUESTIONS = """
. "$LIB/overlay.sh"
. "$LIB/jobs.sh"
kube get cronjobs --output name >/dev/null
table deployments .status.availableReplicas .spec.replicas
table externalsecrets '.status.conditions[?(@.type=="Ready")].status' '.status.conditions[?(@.type=="Ready")].message'
table cronjobs .spec.suspend .status.lastSuccessfulTime .metadata.creationTimestamp
secrets_in_cluster
field_of configmap dreamseed-settings '{.data.METRICS_USE_BAYESIAN}'
field_of job none '{.metadata.name}'
condition_message externalsecret r-irt-credentials Ready
job_ended dreamseed-init
job_ended broken
job_exit_code broken
job_exit_code dreamseed-init
"""


def version(path):
    return path.removeprefix("/apis/").removeprefix("/api/")


def discovery(path):
    if path in GROUPS:
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version(path), "resources": [
            {"name": f"{kind.lower()}s", "singularName": kind.lower(), "kind": kind, "namespaced": True,
             "verbs": ["get", "list"]} for kind in GROUPS[path]]}
    groups = [{"name": version(one).split("/")[0], "versions": [{"groupVersion": version(one), "version": "v1"}],
               "preferredVersion": {"groupVersion": version(one), "version": "v1"}} for one in list(GROUPS)[1:]]
    return {"/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}}.get(path)


def find(objects, path, query):
    """Answer one GET: discovery, a list (with its label selector), or an object."""
    for group, kinds in GROUPS.items():
        for kind in kinds:
            place, api = f"{group}/namespaces/seedtest/{kind.lower()}s", version(group)
            if path == place:
                label, _, value = query.get("labelSelector", [""])[0].partition("=")
                return {"kind": f"{kind}List", "apiVersion": api, "metadata": {}, "items": [
                    one | {"apiVersion": api, "kind": kind} for key, one in objects.items()
                    if key.startswith(f"{kind.lower()}/")
                    and (not label or one["metadata"].get("labels", {}).get(label) == value)]}
            if path.startswith(f"{place}/"):
                found = objects.get(f"{kind.lower()}/{path.rpartition('/')[2]}")
                return found and found | {"apiVersion": api, "kind": kind}
    return discovery(path)


@pytest.fixture
def server(deployed):
    """A server with what a deployment left, and one Job that failed."""
    failed = {"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}
    deployed["job/broken"] = {"metadata": {"name": "broken"}, "status": {"conditions": [failed]}}
    deployed["pod/broken-x"] = {"metadata": {"name": "broken-x", "labels": {"job-name": "broken"}}, "status": {
        "containerStatuses": [{"name": "main", "state": {"terminated": {"exitCode": 3}}}]}}
    deployed["cronjob/mirt-calibrate"]["spec"]["suspend"] = True

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            parts = urlsplit(self.path)
            found = find(deployed, parts.path, parse_qs(parts.query))
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            text = json.dumps(found or missing).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", deployed
    server.shutdown()


def ask(environment):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", QUESTIONS], env=environment | {
        "LIB": str(SCRIPTS / "lib"), "PROGRAM": "test"}, capture_output=True, text=True, check=False, timeout=120)


def test_the_fake_answers_as_the_real_one(server, cluster, tmp_path):
    url, objects = server
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "here",
              "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
              "clusters": [{"name": "here", "cluster": {"server": url}}], "users": [{"name": "nobody", "user": {}}]}
    (tmp_path / "config").write_text(json.dumps(config))
    cluster.write(objects)
    real = ask(os.environ | {"KUBECONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)})
    fake = ask(cluster.environment())
    assert real.returncode == fake.returncode == 0, real.stderr + fake.stderr
    assert real.stdout.splitlines() == fake.stdout.splitlines()
    assert "mirt-calibrate|true|" in real.stdout and "r-irt-credentials|token" in real.stdout
    assert real.stdout.splitlines()[-2:] == ["3", "1"]
