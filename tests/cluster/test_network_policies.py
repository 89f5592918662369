"""Every connection that the NetworkPolicies of an overlay allow, and no other."""

import ipaddress
from itertools import product

import pytest
from cluster_objects import COMPONENT, OURS, name_of, selects

JOBS_THAT_FIT = {"mirt-calibrate", "fit-bayesian-growth", "forecast-prophet", "fit-survival-churn", "cluster-segments",
                 "detect-inactivity"}
JOBS = JOBS_THAT_FIT | {"aggregate-features-daily", "compute-daily-kpis", "generate-weekly-report"}
R_SERVICES = {"r-irt-plumber", "r-brms-plumber", "r-forecast-plumber", "r-cluster-plumber"}
POSTGRES, S3 = 5432, 443


def policies(objects, pod, direction):
    """The policies that bind a pod in a direction (Ingress or Egress)."""
    return [one["spec"] for one in objects.of("NetworkPolicy")
            if direction in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], pod.labels)]


def short(pod):
    return pod.owner.split()[1]


def meets_pod(peer, pod):
    """A peer of this namespace; a namespaceSelector means pods elsewhere."""
    return "podSelector" in peer and "namespaceSelector" not in peer and selects(peer["podSelector"], pod.labels)


def allowed(bound, side, other, port):
    return any(meets_pod(peer, other) and {"protocol": "TCP", "port": port} in rule["ports"]
               for spec in bound for rule in spec.get(side.lower(), [])
               for peer in rule["to" if side == "Egress" else "from"])


def connections(objects):
    """{(from, to, port)} of our pods among each other: both ends must allow it."""
    pods = objects.pods()
    return {(short(a), short(b), port) for a, b in product(pods, pods) for port in b.ports().values()
            if allowed(policies(objects, a, "Egress"), "Egress", b, port)
            and allowed(policies(objects, b, "Ingress"), "Ingress", a, port)}


def outside(objects, pod, direction):
    """[(peer, ports)] of a pod that are no pods of ours."""
    return [(peer, tuple((p["protocol"], p["port"]) for p in rule["ports"]))
            for spec in policies(objects, pod, direction) for rule in spec.get(direction.lower(), [])
            for peer in rule["to" if direction == "Egress" else "from"]
            if "ipBlock" in peer or "namespaceSelector" in peer]


def test_only_jobs_that_fit_reach_the_r_services_and_our_pods_reach_nothing_else_of_ours(objects):
    assert connections(objects) == {(job, service, 8000) for job in JOBS_THAT_FIT for service in R_SERVICES}


def test_everything_else_is_denied_both_ways_and_only_to_our_pods(objects):
    deny = objects.one("NetworkPolicy", "dreamseed-default-deny")["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in deny and "egress" not in deny
    assert all(selects(deny["podSelector"], pod.labels) for pod in objects.pods())
    assert not selects(deny["podSelector"], {"app": "seedtest-api"}), "the application's pods are in the same namespace"


def test_only_pods_with_a_database_url_reach_postgres(objects):
    reach = {short(pod) for pod in objects.pods() for peer, ports in outside(objects, pod, "Egress")
             if ("TCP", POSTGRES) in ports}
    assert reach == JOBS | {"dreamseed-metrics", "dreamseed-docs"}
    uses = {short(pod) for pod in objects.pods() if any(
        e["name"] == "DATABASE_URL" for one in pod.containers() for e in one.get("env", []))}
    assert uses == reach, "pods with a DATABASE_URL, and no others, need the label reaches-database"


def test_the_database_is_one_private_address(objects):
    peers = [peer for pod in objects.pods() for peer, ports in outside(objects, pod, "Egress")
             if ports == (("TCP", POSTGRES),)]
    assert len({str(peer) for peer in peers}) == 1
    block = ipaddress.ip_network(peers[0]["ipBlock"]["cidr"])
    assert block.is_private and block.num_addresses <= 256, f"{block}: the address of Postgres, or its subnet"


def test_only_the_report_reaches_s3_and_through_it_nothing_private(objects):
    reach = {short(pod): peer["ipBlock"] for pod in objects.pods() for peer, ports in outside(objects, pod, "Egress")
             if ports == (("TCP", S3),)}
    assert set(reach) == {"generate-weekly-report"}
    excepted = [ipaddress.ip_network(block) for block in reach["generate-weekly-report"]["except"]]
    for private in ("10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254"):
        assert any(ipaddress.ip_address(private) in block for block in excepted), private


def test_every_pod_may_use_dns(objects):
    for pod in objects.pods():
        asked = [ports for _, ports in outside(objects, pod, "Egress") if ("UDP", 53) in ports]
        assert asked == [(("UDP", 53), ("TCP", 53))] * 2, pod.owner  # kube-dns, and the cache on the node


def test_prometheus_reaches_what_it_reads_and_nothing_else(objects):
    read = {}
    for pod in objects.pods():
        for peer, ports in outside(objects, pod, "Ingress"):
            if peer.get("namespaceSelector", {}).get("matchLabels") == {"kubernetes.io/metadata.name": "monitoring"}:
                read[short(pod)] = ports
    assert read == dict.fromkeys(R_SERVICES, (("TCP", 8000),)) | {"dreamseed-metrics": (("TCP", 9464),)}
    assert set(read) == objects.names("ServiceMonitor")


def test_ports_of_policies_are_ports_of_containers(objects):
    wrong = []
    for one in objects.of("NetworkPolicy"):
        met = [pod for pod in objects.pods() if selects(one["spec"]["podSelector"], pod.labels)]
        if not met:
            wrong.append(f"{name_of(one)}: its selector matches no pod")
        for rule in one["spec"].get("ingress", []):
            wrong += [f"{name_of(one)}: {pod.owner} does not listen on {port['port']}" for port in rule["ports"]
                      for pod in met if port["port"] not in pod.ports().values()]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["CronJob", "Deployment"])
def test_every_pod_has_the_labels_that_policies_select(objects, kind):
    """The default deny selects pods by a label; one-off Jobs inherit it from their CronJob."""
    for one in objects.of(kind):
        template = one["spec"]["jobTemplate"]["spec"]["template"] if kind == "CronJob" else one["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert labels[OURS] == "dreamseed-analytics" and COMPONENT in labels
        if kind == "CronJob":
            assert labels["cronjob"] == name_of(one)
            assert one["spec"]["jobTemplate"]["metadata"]["labels"]["cronjob"] == name_of(one)
