"""Every pod: no rights beyond its work, bounded, probed, with a fixed image; all share one hardening."""

import copy
import json
import re

import pytest
from cluster_objects import COMPONENT, OURS, environment, name_of, pod_of, words

from orchestration.settings import PROJECT_DIR
from orchestration.stack.services import service_names

COMPONENTS = {"access", "secrets", "settings", "fit-service", "job", "monitoring", "docs"}
QUANTITY = re.compile(r"([0-9.]+)(m|Ki|Mi|Gi)?")
UNIT = {None: 1, "m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def amount(text):
    number, unit = QUANTITY.fullmatch(text).groups()
    return float(number) * UNIT[unit]


def test_every_object_is_ours_in_our_namespace_and_part_of_something(objects):
    wrong = [f"{one['kind']} {name_of(one)}: namespace seedtest, {OURS}: dreamseed-analytics, {COMPONENT}: one of "
             f"{', '.join(sorted(COMPONENTS))}" for one in objects
             if one["metadata"].get("namespace") != "seedtest"
             or one["metadata"].get("labels", {}).get(OURS) != "dreamseed-analytics"
             or one["metadata"]["labels"].get(COMPONENT) not in COMPONENTS]
    assert not wrong, "\n".join(wrong)


def test_every_value_of_the_cluster_is_filled_in(objects):
    """An overlay replaces every SITE of the base."""
    wrong = [f"{one['kind']} {name_of(one)}: {word}" for one in objects for word in words(one)
             if re.search(r"\bSITE\b", word)]
    assert not wrong, "\n".join(wrong)


def test_pods_keep_the_restricted_profile(objects):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/, `restricted`, and a read-only root."""
    wrong = []
    for pod in objects.pods():
        context = pod.spec.get("securityContext", {})
        if not (context.get("runAsNonRoot") and context.get("runAsUser") == context.get("runAsGroup") == 10001
                and context.get("seccompProfile") == {"type": "RuntimeDefault"}):
            wrong.append(f"{pod.owner}: copy the pod's securityContext from another pod")
        wrong += [f"{pod.owner}: no {field}" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(field)]
        wrong += [f"{pod.owner}, container {one['name']}: copy its securityContext from another container"
                  for one in pod.containers() if one.get("securityContext") != {
                      "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                      "capabilities": {"drop": ["ALL"]}}]
    assert not wrong, "\n".join(wrong)


def test_pods_hold_no_token_of_the_cluster(objects):
    for pod in objects.pods():
        assert pod.spec["serviceAccountName"] == "seedtest-api", pod.owner
        assert pod.spec["automountServiceAccountToken"] is False, pod.owner


def test_process_1_forwards_signals(objects):
    """R and Python ignore SIGTERM as process 1. The images start tini; a `command` would bypass it."""
    wrong = [f"{pod.owner}, container {one['name']}: start its command with tini" for pod in objects.pods()
             for one in pod.spec["containers"] if one.get("command", ["tini"])[0] != "tini"]
    assert not wrong, "\n".join(wrong)


def test_the_stop_hook_of_a_pod_is_in_its_image(objects):
    recipe = PROJECT_DIR / "r-services" / "Dockerfile"
    for pod in objects.pods():
        hook = pod.spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
        for file in (word for word in hook if word.startswith("/opt/dreamseed/")):
            name = file.removeprefix("/opt/dreamseed/")
            assert (PROJECT_DIR / name).exists() and name in recipe.read_text(), f"copy {name} in {recipe}"


def test_every_container_has_requests_and_limits(objects):
    wrong = []
    for pod in objects.pods():
        for one in pod.containers():
            for resource in ("cpu", "memory"):
                given = [one.get("resources", {}).get(kind, {}).get(resource) for kind in ("requests", "limits")]
                if None in given or amount(given[0]) > amount(given[1]):
                    wrong.append(f"{pod.owner}, container {one['name']}: {resource} {given}: both, request <= limit")
    assert not wrong, "\n".join(wrong)


def test_production_gives_at_least_what_staging_gives(overlays):
    for pod, smaller in zip(overlays["prod"].pods(), overlays["staging"].pods(), strict=True):
        for one, other in zip(pod.containers(), smaller.containers(), strict=True):
            for kind, resource in ((k, r) for k in ("requests", "limits") for r in ("cpu", "memory")):
                assert amount(one["resources"][kind][resource]) >= amount(other["resources"][kind][resource]), pod.owner


def test_folders_to_write_to_are_bounded_and_mounted(objects):
    wrong = []
    for pod in objects.pods():
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        wrong += [f"{pod.owner}: give emptyDir {name} a sizeLimit" for name, volume in volumes.items()
                  if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]]
        wrong += [f"{pod.owner}: hostPath {name}" for name, volume in volumes.items() if "hostPath" in volume]
        for one in pod.containers():
            mounts = {mount["mountPath"] for mount in one["volumeMounts"]}
            homes = (environment(one).get("DREAMSEED_HOME"), environment(one).get("HOME"))
            wrong += [f"{pod.owner}, container {one['name']}: mount {path}" for path in homes
                      if path and path not in mounts]
    assert not wrong, "\n".join(wrong)


def test_images_have_a_registry_and_a_fixed_tag(objects):
    moving = {"latest", "main", "master", "dev", "staging", "prod", "stable", "edge"}
    wrong, seen = [], {}
    for pod in objects.pods():
        for one in pod.containers():
            repository, _, tag = one["image"].rpartition(":")
            seen.setdefault(repository.rpartition("/")[2], set()).add(tag)
            if "/" not in repository or not tag or tag in moving or "/" in tag:
                wrong.append(f"{pod.owner}: {one['image']}: list it in the overlay's `images:`, with newTag")
    assert not wrong, "\n".join(wrong)
    assert set(seen) == {"dreamseed-warehouse", *(f"dreamseed-r-{name}" for name in service_names())}
    assert all(len(tags) == 1 for tags in seen.values()), f"one version of each image: {seen}"


def test_what_serves_is_probed_on_a_port_it_has(objects):
    wrong = []
    for one in objects.of("Deployment"):
        pod = pod_of(one)
        served = pod.spec["containers"][0]
        paths = {kind: served.get(kind, {}).get("httpGet") for kind in ("livenessProbe", "readinessProbe")}
        wrong += [f"{pod.owner}: give it a {kind} on one of {sorted(pod.ports())}" for kind, get in paths.items()
                  if get is None or get["port"] not in pod.ports()]
        if pod.labels[COMPONENT] == "fit-service" and (
                paths["livenessProbe"]["path"], paths["readinessProbe"]["path"]) != ("/healthz", "/readyz"):
            wrong.append(f"{pod.owner}: /healthz for liveness, /readyz (its self-test passed) for readiness")
    assert not wrong, "\n".join(wrong)


def renamed(one, service):
    """The objects of a service as text, with its name and its resources taken out."""
    spec = copy.deepcopy(one)
    if one["kind"] == "Deployment":
        for container in spec["spec"]["template"]["spec"]["containers"]:
            del container["resources"]
    text = json.dumps(spec, sort_keys=True).replace(', "irt-pipeline": "true"', "")
    return text.replace(f"r-{service}-", "r-SERVICE-").replace(f"dreamseed-r-{service}:", "dreamseed-r-SERVICE:")


def test_r_services_differ_only_in_their_name_and_their_resources(objects):
    """Each file repeats the whole service, so that it is read in one place; this keeps the repetition equal."""
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ServiceMonitor"):
        shapes = {service: renamed(objects.one(kind, f"r-{service}-plumber"), service) for service in service_names()}
        assert len(set(shapes.values())) == 1, f"{kind}: {shapes}"


def test_every_pod_has_the_same_hardening(objects):
    """Account, user, network and token settings of a pod, whatever it runs."""
    fields = ("serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "securityContext")
    found = {pod.owner: {field: pod.spec[field] for field in fields} for pod in objects.pods()}
    assert len({str(sorted(one.items())) for one in found.values()}) == 1, found


@pytest.mark.parametrize("service", service_names())
def test_every_r_service_of_the_checkout_is_deployed_whole(prod, service):
    """Folder r-services/<service> with a plumber.R: copy a file of k8s/services and change the name."""
    name = f"r-{service}-plumber"
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ServiceMonitor"):
        prod.one(kind, name)
    pod = pod_of(prod.one("Deployment", name))
    token = environment(pod.spec["containers"][0])
    assert token["INTERNAL_TOKEN"] == {"secretKeyRef": {"name": f"r-{service}-credentials", "key": "token"}}
    assert token["INTERNAL_TOKEN_PREVIOUS"]["secretKeyRef"]["optional"] is True
    assert pod.spec["containers"][0]["image"].rpartition("/")[2].startswith(f"dreamseed-r-{service}:")
    assert pod.labels["app"] == name and pod.ports() == {"http": 8000}


def test_a_fit_has_time_to_end_before_its_pod_is_killed(objects, graph):
    """MAX_FIT_SECONDS is 3600; the pod waits (drain.R) and is given longer than that wait."""
    longest = max(fit.deadline_seconds for fit in graph.fits().values())
    for one in objects.of("Deployment"):
        pod = pod_of(one)
        if pod.labels[COMPONENT] != "fit-service":
            continue
        drain = pod.spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        waits = int(drain[drain.index("--seconds") + 1])
        assert longest < waits < pod.spec["terminationGracePeriodSeconds"], pod.owner
        scaler = objects.one("HorizontalPodAutoscaler", name_of(one))["spec"]
        assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= longest, name_of(one)
