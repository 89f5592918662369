"""`k8s/run-now.sh` with the real kubectl, against an API server that has only a few objects (it is not a cluster).

kubectl sends here what it would send to a cluster; how a cluster responds is taken from Kubernetes' documentation.
"""

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from cluster_objects import COMPONENT, K8S, OURS

BATCH, CORE = "/apis/batch/v1", "/api/v1"
RESOURCES = {BATCH: [("cronjobs", "CronJob"), ("jobs", "Job")], CORE: [("pods", "Pod")]}


class Api:
    """Holds objects by path, remembers what was sent, and lets a created job end as the test wants."""

    def __init__(self, cronjob, ending="Complete", exit_code=0):
        self.objects = {f"{BATCH}/namespaces/seedtest/cronjobs/{cronjob['metadata']['name']}": cronjob}
        self.template = cronjob["spec"]["jobTemplate"]
        self.sent, self.ending, self.exit_code = [], ending, exit_code

    def discovery(self, path):
        if path in RESOURCES:
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": path.split("/", 2)[2],
                    "resources": [{"name": name, "singularName": kind.lower(), "kind": kind, "namespaced": True,
                                   "verbs": ["get", "list", "create", "delete"]} for name, kind in RESOURCES[path]]}
        version = {"groupVersion": "batch/v1", "version": "v1"}
        return {"/api": {"kind": "APIVersions", "versions": ["v1"]},
                "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                    {"name": "batch", "versions": [version], "preferredVersion": version}]}}.get(path)

    def get(self, path):
        if path.endswith("/log"):
            return "[INFO] Summary: processed=7, failed=0, duration_ms=1\n"
        listed = {f"{group}/namespaces/seedtest/{name}": (group, kind) for group in RESOURCES
                  for name, kind in RESOURCES[group]}
        if path in listed:
            group, kind = listed[path]
            version = group.removeprefix("/apis/").removeprefix("/api/")
            return {"kind": f"{kind}List", "apiVersion": version, "metadata": {},
                    "items": [one for key, one in self.objects.items() if key.rpartition("/")[0] == path]}
        return self.objects.get(path) or self.discovery(path)

    def post(self, path, body):
        """Make the job; of kubectl's binary message (protobuf) only the name is read."""
        name = re.search(rb"[a-z-]+-now", body).group(0).decode()
        self.sent.append(name)
        condition = {"type": self.ending, "status": "True", "message": "as the test wants"}
        made = {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": name, "namespace": "seedtest"},
                "spec": self.template["spec"] | {"selector": {"matchLabels": {"job-name": name}}},
                "status": {"conditions": [condition] if self.ending else []}}
        self.objects[f"{path}/{name}"] = made
        pod = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": f"{name}-x", "namespace": "seedtest",
               "labels": {"job-name": name}}, "spec": {"containers": [{"name": "main"}]}, "status": {
               "phase": "Succeeded", "containerStatuses": [
                   {"name": "main", "state": {"terminated": {"exitCode": self.exit_code}}}]}}
        self.objects[f"{CORE}/namespaces/seedtest/pods/{name}-x"] = pod
        return made


@pytest.fixture
def serve(tmp_path, prod):
    """Start an Api that knows `mirt-calibrate` as the overlay prod has it; return it and a way to run the script."""
    servers = []

    def start(**how):
        api = Api(prod.one("CronJob", "mirt-calibrate") | {"status": how.pop("status", {})}, **how)

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.command == "POST":
                    found = api.post(parts.path, body)
                elif self.command == "DELETE":
                    found = api.objects.pop(parts.path, None)
                    api.sent.append(f"delete {parts.path.rpartition('/')[2]}")
                else:
                    found = api.get(parts.path)
                status = 200 if found is not None else 404
                missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
                text = found if isinstance(found, str) else json.dumps(found if found is not None else missing)
                self.send_response(status)
                self.send_header("Content-Type", "text/plain" if isinstance(found, str) else "application/json")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "here",
                  "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
                  "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                  "users": [{"name": "nobody", "user": {}}]}
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        environment = os.environ | {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path),
                                    "POLL_SECONDS": "0.1"}

        def run(*arguments):
            return subprocess.run([K8S / "run-now.sh", *arguments], capture_output=True, text=True, check=False,
                                  env=environment, timeout=60)
        run.environment = environment
        return api, run

    yield start
    for server in servers:
        server.shutdown()


def test_a_one_off_job_is_the_cronjobs_own_template_with_the_labels_of_policies(serve, prod):
    """The kubectl command of the script, printed instead of sent."""
    api, run = serve()
    assert run("mirt-calibrate").returncode == 0 and api.sent == ["mirt-calibrate-now"]
    script = (K8S / "run-now.sh").read_text()
    assert 'kube create job "$job" --from="cronjob/$cronjob"' in script
    shown = subprocess.run(
        ["kubectl", "--namespace=seedtest", "create", "job", "mirt-calibrate-now", "--from=cronjob/mirt-calibrate",
         "--dry-run=client", "--output=json"], capture_output=True, text=True, check=True, env=run.environment)
    job, template = json.loads(shown.stdout), prod.one("CronJob", "mirt-calibrate")["spec"]["jobTemplate"]
    assert job["metadata"]["labels"] == template["metadata"]["labels"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels == template["spec"]["template"]["metadata"]["labels"]
    assert (labels[OURS], labels[COMPONENT], labels["calls-fit-services"]) == ("dreamseed-analytics", "job", "true")
    assert [one["args"] for one in job["spec"]["template"]["spec"]["initContainers"]] == [
        ["build", "--before", "irt"], ["fit", "irt"]]
    assert job["spec"]["podFailurePolicy"] == template["spec"]["podFailurePolicy"]


def test_waiting_prints_the_log_and_succeeds_with_the_job(serve):
    _, run = serve()
    done = run("mirt-calibrate", "--wait")
    assert done.returncode == 0 and "Summary: processed=7" in done.stdout, done.stderr


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_failure_is_printed_with_its_cause_and_its_exit_code(serve, code):
    _, run = serve(ending="Failed", exit_code=code)
    done = run("mirt-calibrate", "--wait")
    assert done.returncode == code and f"(exit {code}): as the test wants" in done.stderr


def test_an_earlier_one_off_job_is_replaced_once_it_has_ended(serve):
    api, run = serve()
    assert run("mirt-calibrate").returncode == 0 and run("mirt-calibrate").returncode == 0
    assert api.sent == ["mirt-calibrate-now", "delete mirt-calibrate-now", "mirt-calibrate-now"]


def test_a_job_that_runs_is_left_alone(serve):
    api, run = serve(ending="")
    assert run("mirt-calibrate").returncode == 0
    second = run("mirt-calibrate")
    assert second.returncode == 75 and "is running already" in second.stderr and len(api.sent) == 1


def test_the_scheduled_job_is_not_joined_by_a_second_one(serve):
    api, run = serve(status={"active": [{"name": "mirt-calibrate-29"}]})
    done = run("mirt-calibrate")
    assert done.returncode == 75 and "mirt-calibrate-29" in done.stderr and not api.sent


@pytest.mark.parametrize(("arguments", "words"), [
    (["nonsense"], "available: mirt-calibrate"), ([], "which CronJob?"), (["mirt-calibrate", "-q"], "no option -q"),
    (["a", "b"], "one CronJob at a time"), (["mirt-calibrate", "--namespace"], "needs a value")])
def test_wrong_usage_exits_2_and_changes_nothing(serve, arguments, words):
    api, run = serve()
    done = run(*arguments)
    assert done.returncode == 2 and words in done.stderr and not api.sent


def test_a_silent_cluster_is_an_error_with_kubectls_message(serve, tmp_path):
    api, run = serve()
    (tmp_path / "kubeconfig").write_text(re.sub(r":\d{4,5}", ":1", (tmp_path / "kubeconfig").read_text()))
    done = run("mirt-calibrate")
    assert done.returncode == 1 and "refused" in done.stderr and not api.sent
