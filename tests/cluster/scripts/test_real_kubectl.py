"""The real kubectl answers the scripts' questions as the fake one does.

It talks to a server that has lists and single objects only; these questions need no more of a cluster.
"""

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cluster_objects import COMPONENT, name_of
from fake_cluster import K8S, SCRIPTS

pytestmark = pytest.mark.usefixtures("kustomize")

GROUPS = {"/api/v1": ["Secret", "ConfigMap", "Pod", "Service", "ServiceAccount"],
          "/apis/batch/v1": ["CronJob", "Job"], "/apis/apps/v1": ["Deployment"],
          "/apis/external-secrets.io/v1": ["ExternalSecret", "SecretStore"],
          "/apis/monitoring.coreos.com/v1": ["ServiceMonitor", "PrometheusRule"],
          "/apis/networking.k8s.io/v1": ["NetworkPolicy"], "/apis/policy/v1": ["PodDisruptionBudget"],
          "/apis/autoscaling/v2": ["HorizontalPodAutoscaler"]}
# The selectors of the deploy scripts, by what they must choose of the overlay.
SELECTORS = ["$COMPONENT=access", "$COMPONENT=secrets", "$COMPONENT=settings", "$COMPONENT=fit-service",
             "$COMPONENT=job", "$COMPONENT=monitoring", "$COMPONENT=docs", "$COMPONENT=job,cronjob=compute-daily-kpis",
             "$COMPONENT=secrets,irt-pipeline=true", "app=r-irt-plumber", "cronjob=mirt-calibrate"]
QUESTIONS = """
. "$LIB/overlay.sh"
. "$LIB/jobs.sh"
render_overlay
kube get cronjobs --output name >/dev/null
names ExternalSecret irt-pipeline=true
cluster_table deployments .status.availableReplicas .spec.replicas
ready='.status.conditions[?(@.type=="Ready")]'
cluster_table externalsecrets "$ready.status" "$ready.message"
cluster_table cronjobs .spec.suspend .status.lastSuccessfulTime .metadata.creationTimestamp
held_keys
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
    groups = []
    for one in list(GROUPS)[1:]:
        group, number = version(one).split("/")
        served = {"groupVersion": version(one), "version": number}
        groups.append({"name": group, "versions": [served], "preferredVersion": served})
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
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", deployed
    server.shutdown()


@pytest.fixture
def real(server, tmp_path):
    """The environment in which kubectl talks to the server."""
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "here",
              "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
              "clusters": [{"name": "here", "cluster": {"server": server[0]}}],
              "users": [{"name": "nobody", "user": {}}]}
    (tmp_path / "config").write_text(json.dumps(config))
    return os.environ | {"KUBECONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}


def ask(environment, questions=QUESTIONS):
    own = {"LIB": str(SCRIPTS / "lib"), "PROGRAM": "test", "K8S_DIR": str(K8S)}
    return subprocess.run(["bash", "-euo", "pipefail", "-c", questions], env=environment | own, capture_output=True,
                          text=True, check=False, timeout=120)


def test_the_fake_answers_as_the_real_one(server, real, cluster):
    cluster.write(server[1])
    said, faked = ask(real), ask(cluster.environment())
    assert said.returncode == faked.returncode == 0, said.stderr + faked.stderr
    assert said.stdout.splitlines() == faked.stdout.splitlines()
    assert "mirt-calibrate|true|" in said.stdout and "r-irt-credentials|token" in said.stdout
    assert said.stdout.splitlines()[-2:] == ["3", "1"]


def test_the_real_kubectl_applies_the_objects_with_a_selectors_labels(real, prod):
    """Each line of output is an object that `kubectl apply --selector` would apply."""
    scripts = "".join(path.read_text() for path in SCRIPTS.glob("deploy-*.sh"))
    used = set(re.findall(r'^    apply "([^"]+)"$', scripts, re.M))
    assert {one.replace("$SERVICE", "r-irt-plumber").replace("$CRONJOB", "mirt-calibrate") for one in used} == set(
        SELECTORS)
    apply = 'echo "with labels"; with_overlay apply --selector "{}" --dry-run=client --validate=false --output name\n'
    done = ask(real, '. "$LIB/overlay.sh"\nrender_overlay\n' + "".join(map(apply.format, SELECTORS)))
    assert done.returncode == 0, done.stderr
    for selector, lines in zip(SELECTORS, done.stdout.split("with labels\n")[1:], strict=True):
        wanted = dict(pair.split("=") for pair in selector.replace("$COMPONENT", COMPONENT).split(","))
        chosen = {f"{one['kind'].lower()}/{name_of(one)}" for one in prod
                  if wanted.items() <= one["metadata"]["labels"].items()}
        assert chosen and {re.sub(r"\.[^/]*", "", line) for line in lines.split()} == chosen, selector
