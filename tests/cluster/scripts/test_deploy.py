"""The deploy scripts with a fake kubectl: order, each step's failure, dry run, options, interruption."""

import os
import pty
import re
import shutil
import signal
import subprocess
import time

import pytest
from cluster_objects import name_of
from fake_cluster import K8S, KUBECTL, SCRIPTS

ALL, IRT = "deploy-advanced-analytics.sh", "deploy-irt-pipeline.sh"
STEPS = {ALL: 7, IRT: 5}


def names(objects) -> set[str]:
    return {f"{one['kind']}/{name_of(one)}" for one in objects}


def steps(done) -> list[int]:
    return [int(found) for found in re.findall(r"^\[(\d)/\d\] ", done.stdout, re.M)]


def test_the_seven_steps_come_in_order_and_all_of_the_overlay_is_applied(cluster, prod):
    done = cluster.run(ALL, "--yes")
    assert done.returncode == 0 and steps(done) == [1, 2, 3, 4, 5, 6, 7], done.stderr
    order = cluster.applied()
    assert set(order) == names(prod) | {"Job/dreamseed-init", "Job/dreamseed-verify-health"}
    first = {name: order.index(name) for name in order}
    secrets = [place for name, place in first.items() if name.startswith("ExternalSecret")]
    services = [place for name, place in first.items() if name.startswith("Deployment/r-")]
    jobs = [place for name, place in first.items() if name.startswith("CronJob") and "daily-kpis" not in name]
    assert max(secrets) < first["ConfigMap/dreamseed-settings"] < first["Job/dreamseed-init"] \
        < first["CronJob/compute-daily-kpis"] < min(services) < min(jobs) <= max(jobs) \
        < first["Job/dreamseed-verify-health"]


def test_the_irt_part_is_only_the_irt_part(cluster):
    done = cluster.run(IRT, "--yes", "--smoke-test")
    assert done.returncode == 0 and steps(done) == [1, 2, 3, 4, 5], done.stderr
    kinds = {name for name in cluster.applied() if name.split("/")[0] in ("ExternalSecret", "Deployment", "CronJob")}
    assert kinds == {"ExternalSecret/calibrate-irt-credentials", "ExternalSecret/r-irt-credentials",
                     "ExternalSecret/seedtest-db-ca", "Deployment/r-irt-plumber", "CronJob/mirt-calibrate"}
    assert "Job/dreamseed-verify-irt" in cluster.applied() and "job/mirt-calibrate-now" in cluster.objects()


def test_the_jobs_pod_is_the_overlays_own_but_for_the_command(deployed, prod):
    job = {"apiVersion": "batch/v1", **deployed["job/dreamseed-init"]}
    del job["status"], job["metadata"]["creationTimestamp"]  # a cluster's, not the script's
    template = prod.one("CronJob", "detect-inactivity")["spec"]["jobTemplate"]
    assert job["metadata"] == {"name": "dreamseed-init", "namespace": "seedtest",
                               "labels": template["metadata"]["labels"] | {"cronjob": "dreamseed-init"}}
    assert job["spec"]["backoffLimit"] == 0 and job["spec"]["activeDeadlineSeconds"] == 3
    pod, borrowed = job["spec"]["template"], template["spec"]["template"]
    assert pod["metadata"]["labels"] == borrowed["metadata"]["labels"] | {"cronjob": "dreamseed-init"}
    container, other = pod["spec"]["containers"][0], borrowed["spec"]["containers"][0]
    assert (container["command"], container["args"]) == (["dreamseed"], ["init"])
    assert {key: value for key, value in container.items() if key not in ("command", "args")} == {
        key: value for key, value in other.items() if key not in ("command", "args")}
    assert {key: value for key, value in pod["spec"].items() if key not in ("containers", "initContainers")} == {
        key: value for key, value in borrowed["spec"].items() if key != "containers"}
    import kubernetes_validate

    kubernetes_validate.validate(job, "1.29", strict=True)


def refuse(names, error="quota"):
    """A cluster that refuses an object."""
    return {"failures": [{"call": "^apply", "names": names, "error": error}]}


# What goes wrong, in which script and step, how the script ends, what it says.
FAILURES = {
    "secret not Ready": (ALL, 1, {"unready": {"r-brms-credentials": "no such secret"}}, 1,
                         ["r-brms-credentials is not Ready within 1 s: no such secret", "secret manager"]),
    "apply refused": (ALL, 1, refuse("NetworkPolicy/", "forbidden"), 1, ["kubectl apply: forbidden", "namespace"]),
    "no database URL": (ALL, 2, {"lacking": {"seedtest-db-credentials": ["DATABASE_URL"]}}, 1,
                        ["Secret seedtest-db-credentials lacks: DATABASE_URL", "put the URL into the secret manager"]),
    "migration refused": (ALL, 3, {"jobs": {"dreamseed-init": 2}, "logs": {"job/dreamseed-init": "no rights"}}, 2,
                          ["no rights", "Job dreamseed-init failed (exit 2): BackoffLimitExceeded", "revision"]),
    "migration hangs": (ALL, 3, {"jobs": {"dreamseed-init": None}}, 1, ["did not end within 3 s", "Way back"]),
    "kpis refused": (ALL, 4, refuse("^CronJob/compute-daily-kpis$"), 1,
                     ["kubectl apply: quota", "set METRICS_USE_BAYESIAN to true"]),
    "jobs refused": (ALL, 5, refuse("CronJob/mirt-calibrate"), 1, ["kubectl apply: quota", "--skip-migration"]),
    "rollout stuck": (ALL, 6, {"failures": [{"call": "rollout status deployment/r-irt-plumber"}],
                               "logs": {"deployment/r-irt-plumber": "Error: INTERNAL_TOKEN is empty"}}, 1,
                      ["r-irt-plumber is not ready", "Error: INTERNAL_TOKEN is empty", "rollout undo"]),
    "health from the jobs": (ALL, 6, {"jobs": {"dreamseed-verify-health": 1}, "logs": {
        "job/dreamseed-verify-health": "FAIL health r-irt-plumber: does not answer"}}, 1,
        ["FAIL health r-irt-plumber", "Job dreamseed-verify-health failed (exit 1)"]),
    "smoke test rejected": (ALL, 7, {"jobs": {"compute-daily-kpis-now": 3}}, 3,
                            ["ended with exit 3", "deployment itself is done"]),
    "irt secret": (IRT, 1, {"unready": {"calibrate-irt-credentials": "denied"}}, 1, ["not Ready within 1 s: denied"]),
    "irt keys": (IRT, 1, {"lacking": {"r-irt-credentials": ["token"]}}, 1, ["Secret r-irt-credentials lacks: token"]),
    "irt service": (IRT, 2, {"failures": [{"call": "rollout status"}]}, 1, ["r-irt-plumber is not ready", "undo"]),
    "irt job": (IRT, 3, refuse("CronJob/"), 1, ["kubectl apply: quota"]),
    "irt health": (IRT, 4, {"jobs": {"dreamseed-verify-irt": 1}}, 1, ["dreamseed-verify-irt failed (exit 1)"]),
    "irt smoke test": (IRT, 5, {"jobs": {"mirt-calibrate-now": 1}}, 1, ["mirt-calibrate-now ended with exit 1"]),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_steps_failure_stops_with_its_cause_and_the_way_back(cluster, name):
    script, step, plan, code, words = FAILURES[name]
    for key, value in plan.items():
        setattr(cluster.plan, key, value)
    done = cluster.run(script, "--yes", "--smoke-test")
    assert done.returncode == code, done.stdout + done.stderr
    assert steps(done) == list(range(1, step + 1))
    assert f"step {step} of {STEPS[script]} (" in done.stderr and "\nWay back: " in done.stderr
    missing = [word for word in words if word not in done.stdout + done.stderr]
    assert not missing, done.stdout + done.stderr


def test_an_overlay_that_turns_the_flag_off_is_not_deployed(cluster, tmp_path):
    shutil.copytree(K8S, tmp_path / "k8s")
    settings = tmp_path / "k8s/overlays/prod/kustomization.yaml"
    settings.write_text(settings.read_text() + """
  - target: {kind: ConfigMap, name: dreamseed-settings}
    patch: |-
      - {op: replace, path: /data/METRICS_USE_BAYESIAN, value: "false"}
""")
    done = cluster.run(ALL, "--yes", k8s=tmp_path / "k8s")
    assert done.returncode == 1 and "sets METRICS_USE_BAYESIAN to 'false', not true" in done.stderr
    assert steps(done) == [1, 2, 3, 4]


@pytest.mark.parametrize("script", STEPS)
def test_a_dry_run_only_reads_and_shows_every_step(cluster, script):
    done = cluster.run(script, "--dry-run", "--smoke-test")
    assert done.returncode == 0 and steps(done) == list(range(1, STEPS[script] + 1)), done.stderr
    assert cluster.changes() == [] and cluster.objects() == {}
    assert "+ CronJob mirt-calibrate" in done.stdout and "would run the Job dreamseed-" in done.stdout
    assert "nothing was changed" in done.stdout


def test_a_dry_run_on_a_cluster_without_secret_stores_fails_there(cluster):
    cluster.plan.failures = [{"call": "^diff", "names": "SecretStore", "code": 2, "error": "no such kind"}]
    done = cluster.run(ALL, "--dry-run")
    assert done.returncode == 1 and "step 1" in done.stderr and "no such kind" in done.stderr


def test_skip_migration_skips_the_tables_and_nothing_else(cluster, prod):
    done = cluster.run(ALL, "--yes", "--skip-migration")
    assert done.returncode == 0 and steps(done) == [1, 2, 3, 4, 5, 6, 7]
    assert set(cluster.applied()) == names(prod) | {"Job/dreamseed-verify-health"}


def test_the_overlay_is_the_one_that_was_named(cluster):
    assert cluster.run(ALL, "--yes", "--overlay", "dev").returncode == 0
    assert cluster.objects()["configmap/report-config"]["data"]["S3_BUCKET"].endswith("-dev")


@pytest.mark.parametrize(("script", "arguments", "words"), [
    (ALL, ["--overlay", "prd"], "there is no overlay 'prd'"), (ALL, ["--overlay"], "--overlay needs a name"),
    (ALL, ["--force"], "there is no option '--force'; usage: "), (ALL, ["now"], "there is no option 'now'"),
    (ALL, ["--dry-run=yes"], "there is no option '--dry-run=yes'"),
    (IRT, ["--skip-migration"], "there is no option '--skip-migration'"), (IRT, ["--overlay", ""], "no overlay ''"),
    ("verify-advanced-analytics.sh", ["--yes"], "there is no option '--yes'"), ("run-command.sh", [], "which command?"),
    ("run-command.sh", ["--overlay"], "--overlay needs a name"), (ALL, [], "use --yes"), (IRT, [], "use --yes")])
def test_wrong_usage_ends_with_2_and_changes_nothing(cluster, script, arguments, words):
    done = cluster.run(script, *arguments)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert cluster.changes() == []


@pytest.mark.parametrize("script", [ALL, IRT, "verify-advanced-analytics.sh", "run-command.sh"])
def test_help_is_there_and_a_silent_cluster_means_try_again(cluster, script):
    assert "usage: k8s/" + script in cluster.run(script, "--help").stdout
    cluster.plan.failures = [{"call": "^get cronjobs", "error": "connection refused"}]
    done = cluster.run(script, *(["init"] if script == "run-command.sh" else []))
    assert done.returncode == 75 and "the cluster does not answer: connection refused" in done.stderr
    assert cluster.changes() == []


@pytest.mark.parametrize(("answer", "code", "changed"), [("n", 1, False), ("", 1, False), ("y", 1, True)])
def test_at_a_terminal_it_asks_first(cluster, answer, code, changed):
    cluster.plan.unready = {"r-brms-credentials": "denied"}  # a yes gets as far as the first step's failure
    controller, terminal = pty.openpty()
    process = subprocess.Popen([SCRIPTS / ALL], env=cluster.environment(), stdin=terminal, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(controller, f"{answer}\n".encode())
    out, errors = process.communicate(timeout=120)
    os.close(controller)
    os.close(terminal)
    assert process.returncode == code and "Change this cluster? [y/N]" in errors
    assert bool(cluster.changes()) == changed == ("[1/7]" in out)


def test_a_second_run_converges_and_leaves_an_operators_suspension(cluster, deployed):
    held = deployed | {"cronjob/mirt-calibrate": deployed["cronjob/mirt-calibrate"] | {
        "spec": deployed["cronjob/mirt-calibrate"]["spec"] | {"suspend": True}}}
    cluster.write(held)
    done = cluster.run(ALL, "--yes")
    assert done.returncode == 0
    assert {key: one.get("spec") for key, one in cluster.objects().items()} == {
        key: one.get("spec") for key, one in held.items()}
    assert "mirt-calibrate is suspended and stays suspended; to resume: kubectl" in done.stdout


def test_a_job_of_an_interrupted_call_is_waited_for_and_replaced(cluster, deployed):
    running = deployed["job/dreamseed-init"] | {"status": {}}
    cluster.write(deployed | {"job/dreamseed-init": running})
    done = cluster.run("run-command.sh", "dreamseed", "init")
    assert done.returncode == 75 and "still runs; waiting" in done.stderr and "does not end" in done.stderr
    assert cluster.changes() == []
    cluster.write(deployed)
    assert cluster.run("run-command.sh", "dreamseed", "init").returncode == 0
    assert cluster.changes() == ["delete job dreamseed-init", "create"]


def test_ctrl_c_prints_the_way_back_and_leaves_no_process(cluster):
    cluster.plan.failures = [{"call": "^wait", "sleep": 60}]
    # A suite started in a shell's background inherits an ignored SIGINT, which bash cannot trap; a terminal does not.
    process = subprocess.Popen(["env", "--default-signal=INT", SCRIPTS / ALL, "--yes"], env=cluster.environment(),
                               text=True, start_new_session=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(call["verb"] == "wait" for call in cluster.calls()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "interrupted in step 1" in errors and "a second run converges" in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_shellcheck_reads_every_script():
    """In `make lint`, which is a part of `make test`."""
    root = SCRIPTS.parent
    patterns = re.search(r"@shellcheck (.*)", (root / "Makefile").read_text())[1].split()
    read = {path for pattern in patterns for path in root.glob(pattern)}
    scripts = {*SCRIPTS.rglob("*.sh"), *root.glob("scripts/*.sh"), KUBECTL / "kubectl"}
    assert scripts <= read and len(scripts) >= 7, f"name in the Makefile: {sorted(scripts - read)}"


def test_scripts_name_no_object_but_those_they_are_about(prod):
    """Lists of CronJobs, services and secrets come from the overlay."""
    known = prod.names("CronJob") | prod.names("Deployment") | prod.names("ExternalSecret")
    about = {"compute-daily-kpis", "detect-inactivity", "mirt-calibrate", "r-irt-plumber", "calibrate-irt-credentials"}
    code = "\n".join(path.read_text() for path in [*SCRIPTS.glob("*-*.sh"), *SCRIPTS.glob("lib/*.sh")])
    assert {name for name in known if name in code} <= about
