"""Each command of `## Rollback in the cluster` (docs/operations.md) does what the page says."""

import re
import shutil
import subprocess

import pytest
import yaml
from cluster_objects import LOADER, rendered
from fake_cluster import K8S, SCRIPTS

PAGE = (SCRIPTS.parent / "docs/operations.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Rollback in the cluster\n")[1].split("\n## ")[0]
COMMANDS = [line for block in re.findall(r"```sh[^\n]*\n(.*?)```", SECTION, re.DOTALL) for line in block.splitlines()]


def command(*words):
    """The one command of the page with these words."""
    found = [line for line in COMMANDS if all(word in line for word in words)]
    assert len(found) == 1, (words, found)
    return found[0]


@pytest.fixture
def follow(cluster, deployed, tmp_path):
    """Type a line of the page in a root with k8s/, on a cluster after its deployment."""
    for folder in (K8S, SCRIPTS):
        shutil.copytree(folder, tmp_path / "k8s", dirs_exist_ok=True)
    cluster.write(deployed)

    def type_line(line, code=0):
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=cluster.environment(tmp_path / "k8s"), text=True,
                              capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=120)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout
    type_line.cluster = cluster
    return type_line


def suspended(cluster):
    return {key for key, one in cluster.objects().items() if key.startswith("cronjob/") and one["spec"].get("suspend")}


def container(cluster, job):
    return cluster.objects()[f"job/{job}"]["spec"]["template"]["spec"]["containers"][0]


def test_the_flag_is_turned_off_and_a_deployment_turns_it_on_again(follow):
    follow(command("METRICS_USE_BAYESIAN"))
    held = follow.cluster.objects()
    assert held["configmap/dreamseed-settings"]["data"]["METRICS_USE_BAYESIAN"] == "false"
    follow("k8s/run-now.sh compute-daily-kpis --wait")
    assert "job/compute-daily-kpis-now" in follow.cluster.objects()
    follow(command("deploy-advanced-analytics.sh"))
    assert follow.cluster.objects()["configmap/dreamseed-settings"]["data"]["METRICS_USE_BAYESIAN"] == "true"


def test_one_job_or_all_are_suspended_and_verify_says_so(follow):
    follow(command("patch cronjob mirt-calibrate"))
    assert suspended(follow.cluster) == {"cronjob/mirt-calibrate"}
    assert "mirt-calibrate is suspended" in follow("k8s/verify-advanced-analytics.sh", code=1)
    follow(command("xargs"))
    assert len(suspended(follow.cluster)) == 9
    follow(command("xargs").replace("true", "false"))
    assert suspended(follow.cluster) == set()


def test_the_overlays_own_suspension_is_what_kustomize_makes_of_it(clusters, tmp_path):
    shutil.copytree(K8S, tmp_path / "k8s")
    file = tmp_path / "k8s/overlays/prod/kustomization.yaml"
    overlay = yaml.safe_load(file.read_text())
    overlay["patches"] += yaml.safe_load(re.search(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[1])
    file.write_text(yaml.safe_dump(overlay))
    assert {one["metadata"]["name"] for one in yaml.load_all(rendered(file.parent), LOADER)
            if one["kind"] == "CronJob" and one["spec"].get("suspend")} == {"mirt-calibrate"}


def test_commands_run_in_the_warehouses_image_and_end_as_they_did(follow):
    follow(command("dreamseed rollback --release"))
    assert container(follow.cluster, "dreamseed-rollback")["args"] == ["rollback", "--release"]
    follow(command("dreamseed rollback irt"))
    assert container(follow.cluster, "dreamseed-rollback")["command"] == ["dreamseed"]
    assert container(follow.cluster, "dreamseed-rollback")["args"] == ["rollback", "irt"]
    follow(command("alembic downgrade"))
    assert container(follow.cluster, "alembic-downgrade")["command"] == ["alembic"]
    assert container(follow.cluster, "alembic-downgrade")["args"] == ["downgrade", "-1"]
    follow(command("dreamseed build"))
    assert container(follow.cluster, "dreamseed-build")["args"] == ["build"]
    follow.cluster.plan.jobs = {"alembic-current": 3}
    follow(command("alembic current"), code=3)


def test_every_command_of_the_page_was_tried():
    tried = ("METRICS_USE_BAYESIAN", "patch cronjob mirt-calibrate", "xargs", "dreamseed rollback", "alembic downgrade",
             "alembic current", "dreamseed build", "deploy-advanced-analytics.sh",
             "run-now.sh compute-daily-kpis --wait")
    assert [line for line in COMMANDS if not any(words in line for words in tried)] == []
