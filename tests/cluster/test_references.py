"""Everything that an object refers to exists: pods of selectors, ports, secrets, settings."""

import json
import re
import subprocess
from pathlib import Path

import jsonschema
from cluster_objects import COMPONENT, environment, name_of, pod_of, selects

from orchestration.settings import PROJECT_DIR

SCHEMA = Path(__file__).parent / "schemas" / "ExternalSecret.json"
CONTRACT_SECRETS = {"r-irt-credentials", "r-brms-credentials", "r-forecast-credentials", "r-cluster-credentials",
                    "seedtest-db-credentials", "calibrate-irt-credentials"}


def test_the_secrets_of_the_contract_come_from_the_store_each_hour(objects):
    store = objects.one("SecretStore", "gcpsm-secret-store")
    assert store["spec"]["provider"]["gcpsm"]["auth"]["workloadIdentity"]["serviceAccountRef"]["name"] == "seedtest-api"
    assert objects.names("ExternalSecret") >= CONTRACT_SECRETS
    for one in objects.of("ExternalSecret"):
        spec = one["spec"]
        assert spec["refreshInterval"] == "1h" and spec["target"]["name"] == name_of(one)
        assert spec["secretStoreRef"] == {"kind": "SecretStore", "name": "gcpsm-secret-store"}
    for service in ("irt", "brms", "forecast", "cluster"):
        data = objects.one("ExternalSecret", f"r-{service}-credentials")["spec"]["data"]
        assert data == [{"secretKey": "token", "remoteRef": {"key": f"r-{service}-internal-token"}}]


def test_a_token_is_changed_as_the_page_says(prod):
    """Two patches, by the real kubectl: one fills the key that the service reads, the other takes it back."""
    page = (PROJECT_DIR / "docs" / "security.md").read_text(encoding="utf-8")
    patches = re.findall(r"patch externalsecret r-irt-credentials --type json -p '([^']+)'", page)
    before = prod.one("ExternalSecret", "r-irt-credentials")
    learnt = patched(before, patches[0])
    jsonschema.validate(learnt, json.loads(SCHEMA.read_text(encoding="utf-8")))
    service = prod.one("Deployment", "r-irt-plumber")["spec"]["template"]["spec"]["containers"][0]
    second = environment(service)["INTERNAL_TOKEN_PREVIOUS"]["secretKeyRef"]
    assert second["optional"] and second["name"] == learnt["spec"]["target"]["name"]
    assert [item["secretKey"] for item in learnt["spec"]["data"]] == ["token", second["key"]]
    assert len(patches) == 2 and patched(learnt, patches[1])["spec"] == before["spec"]


def patched(one, patch):
    words = ["kubectl", "patch", "--local", "--filename", "-", "--type", "json", "--patch", patch, "--output", "json"]
    done = subprocess.run(words, input=json.dumps(one), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_secret_is_written_here(objects):
    assert not objects.of("Secret"), "secrets belong in the secret manager; add an ExternalSecret"


def test_every_secret_and_setting_that_a_container_reads_is_declared(objects):
    keys = {name_of(one): {item["secretKey"] for item in one["spec"]["data"]} for one in objects.of("ExternalSecret")}
    settings = {name_of(one): set(one["data"]) for one in objects.of("ConfigMap")}
    wrong = []
    for pod in objects.pods():
        for one in pod.containers():
            for name, source in environment(one).items():
                if not isinstance(source, dict):
                    continue
                for kind, known in (("secretKeyRef", keys), ("configMapKeyRef", settings)):
                    reference = source.get(kind)
                    if reference and not reference.get("optional") and \
                            reference["key"] not in known.get(reference["name"], ()):
                        wrong.append(f"{pod.owner}: {name} reads {reference['name']}/{reference['key']}: unknown")
            wrong += [f"{pod.owner}: there is no ConfigMap {source['configMapRef']['name']}"
                      for source in one.get("envFrom", []) if source["configMapRef"]["name"] not in settings]
        wrong += [f"{pod.owner}: there is no secret {volume['secret']['secretName']}"
                  for volume in pod.spec.get("volumes", [])
                  if "secret" in volume and volume["secret"]["secretName"] not in keys]
    assert not wrong, "\n".join(wrong)


def test_what_reads_only_has_a_login_that_can_only_read(objects):
    """The exporter and the docs; the container that serves the docs has no secret at all."""
    for name in ("dreamseed-metrics", "dreamseed-docs"):
        pod = pod_of(objects.one("Deployment", name))
        urls = [environment(one)["DATABASE_URL"] for one in pod.containers() if "DATABASE_URL" in environment(one)]
        assert urls == [{"secretKeyRef": {"name": "seedtest-db-readonly-credentials", "key": "DATABASE_URL"}}]
    assert "env" not in pod_of(objects.one("Deployment", "dreamseed-docs")).spec["containers"][0]


def test_the_irt_job_needs_one_secret(objects):
    for one in pod_of(objects.one("CronJob", "mirt-calibrate")).containers():
        assert {source["secretKeyRef"]["name"] for source in environment(one).values() if isinstance(source, dict)} == {
            "calibrate-irt-credentials"}


def test_the_secrets_of_the_irt_part_are_labelled(objects):
    """deploy-irt-pipeline.sh applies the secrets with this label; they are those that its service and its job read."""
    labelled = {name_of(one) for one in objects.of("ExternalSecret") if "irt-pipeline" in one["metadata"]["labels"]}
    read = set()
    for pod in (pod_of(objects.one("Deployment", "r-irt-plumber")), pod_of(objects.one("CronJob", "mirt-calibrate"))):
        read |= {volume["secret"]["secretName"] for volume in pod.spec["volumes"] if "secret" in volume}
        read |= {source["secretKeyRef"]["name"] for one in pod.containers() for source in environment(one).values()
                 if isinstance(source, dict) and "secretKeyRef" in source}
    assert labelled == read
    assert "irt-pipeline" in objects.one("SecretStore", "gcpsm-secret-store")["metadata"]["labels"]


def test_services_reach_pods_that_listen(objects):
    for one in objects.of("Service"):
        pods = [pod for pod in objects.pods() if selects({"matchLabels": one["spec"]["selector"]}, pod.labels)]
        assert len(pods) == 1, f"Service {name_of(one)}: its selector meets {[pod.owner for pod in pods]}"
        assert one["spec"]["type"] == "ClusterIP"
        for port in one["spec"]["ports"]:
            assert port["targetPort"] in pods[0].ports(), f"Service {name_of(one)}: no port {port['targetPort']}"


def test_deployments_select_their_own_pods_and_no_others(objects):
    for one in objects.of("Deployment"):
        met = [pod.owner for pod in objects.pods() if selects(one["spec"]["selector"], pod.labels)]
        assert met == [f"Deployment {name_of(one)}"], f"Deployment {name_of(one)}: its selector meets {met}"


def test_budgets_and_scalers_are_of_deployments_that_leave_them_the_number(objects):
    for one in objects.of("PodDisruptionBudget"):
        assert sum(selects(one["spec"]["selector"], pod.labels) for pod in objects.pods()) == 1, name_of(one)
        assert one["spec"]["maxUnavailable"] == 1, f"{name_of(one)}: else a single pod could never be moved"
    for one in objects.of("HorizontalPodAutoscaler"):
        target = objects.one("Deployment", one["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in target["spec"], f"{name_of(target)}: the number is the autoscaler's"


def test_a_service_of_several_pods_leads_a_client_back_to_its_pod(objects):
    """A job is known to one pod only (docs/adr/0015); the affinity lasts longer than any fit."""
    for one in objects.of("Service"):
        if one["metadata"]["labels"][COMPONENT] == "fit-service":
            assert one["spec"]["sessionAffinity"] == "ClientIP", name_of(one)
            assert one["spec"]["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] > 3600
            assert [port["port"] for port in one["spec"]["ports"]] == [80]


def test_monitors_read_a_port_that_a_service_has(objects):
    for one in objects.of("ServiceMonitor"):
        met = [s for s in objects.of("Service") if selects(one["spec"]["selector"], s["metadata"]["labels"])]
        assert [name_of(s) for s in met] == [name_of(one)], f"ServiceMonitor {name_of(one)} meets {met}"
        assert {e["port"] for e in one["spec"]["endpoints"]} <= {port["name"] for port in met[0]["spec"]["ports"]}


def test_settings_lead_to_the_services(objects):
    urls = {value for key, value in objects.data("dreamseed-settings").items() if key.endswith("_BASE_URL")}
    assert urls == {f"http://{name_of(one)}" for one in objects.of("Service")
                    if one["metadata"]["labels"][COMPONENT] == "fit-service"}
