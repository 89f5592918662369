"""verify-advanced-analytics.sh: each check fails when its thing is broken, and only then."""

import pytest

VERIFY = "verify-advanced-analytics.sh"
CHECKS = ["R services running", "secrets", "CronJobs active", "METRICS_USE_BAYESIAN", "R health", "tables",
          "recent jobs", "freshness"]
WELL = """PASS revision warehouse: the tables are at head.
PASS tables warehouse: all 70 are there.
PASS health r-irt-plumber: answers 200 on /readyz.
PASS freshness irt: newest published run is 2.0 h old, 72 h are allowed.
"""


def remove(name):
    return lambda objects: objects.pop(name)


def change(name, path, value):
    def apply(objects):
        place = objects[name]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    return apply


OLD = "2020-01-01T00:00:00Z"
BROKEN = {
    "no pod": (change("deployment/r-irt-plumber", ["status"], {}), "R services running", "r-irt-plumber: no pod"),
    "no deployment": (remove("deployment/r-brms-plumber"), "R services running", "r-brms-plumber"),
    "no secret": (remove("secret/r-irt-credentials"), "secrets", "Secret r-irt-credentials lacks: token"),
    "not synced": (change("externalsecret/r-irt-credentials", ["status", "conditions", 0], {
        "type": "Ready", "status": "False", "message": "denied"}), "secrets", "r-irt-credentials is not Ready: denied"),
    "no cron job": (remove("cronjob/forecast-prophet"), None, "forecast-prophet does not exist"),
    "suspended": (change("cronjob/mirt-calibrate", ["spec", "suspend"], True), "CronJobs active", "is suspended"),
    "flag off": (change("configmap/dreamseed-settings", ["data", "METRICS_USE_BAYESIAN"], "false"),
                 "METRICS_USE_BAYESIAN", "has 'false', not true"),
    "never succeeded": (change("cronjob/mirt-calibrate", ["metadata", "creationTimestamp"], OLD), "recent jobs",
                        "mirt-calibrate: no success for"),
    "long ago": (change("cronjob/cluster-segments", ["status"], {"lastSuccessfulTime": OLD}), "recent jobs",
                 "cluster-segments: no success for"),
}
SAID = {
    "health": ("PASS health r-irt", "FAIL health r-irt", "R health"),
    "tables": ("PASS tables", "FAIL tables", "tables"),
    "revision": ("PASS revision", "FAIL revision", "tables"), "silence": ("PASS freshness", "", "freshness"),
    "freshness": ("PASS freshness", "FAIL freshness", "freshness"),
}


def look(cluster, objects, said=WELL):
    cluster.write(objects)
    cluster.plan.logs = {"job/dreamseed-verify": said}
    done = cluster.run(VERIFY)
    verdicts = dict(reversed(line.split(" ", 1)) for line in done.stdout.splitlines() if line[:5] in ("PASS ", "FAIL "))
    assert list(verdicts) == CHECKS, done.stdout + done.stderr
    failed = [name for name, verdict in verdicts.items() if verdict == "FAIL"]
    assert done.returncode == (1 if failed else 0) and done.stdout.count("Remedy: ") == len(failed)
    return failed, done.stdout


def test_a_cluster_that_does_its_work_passes_and_only_the_looking_job_is_made(cluster, deployed):
    assert look(cluster, deployed)[0] == []
    assert cluster.changes() == ["delete job dreamseed-verify", "create"]


@pytest.mark.parametrize("name", BROKEN)
def test_only_the_check_of_what_is_broken_fails(cluster, deployed, name):
    broken, check, words = BROKEN[name]
    broken(deployed)
    failed, out = look(cluster, deployed)
    assert failed == ([check] if check else ["CronJobs active", "recent jobs"]) and words in out


@pytest.mark.parametrize("name", SAID)
def test_what_the_warehouse_says_of_itself_is_taken_over(cluster, deployed, name):
    well, ill, check = SAID[name]
    cluster.plan.jobs = {"dreamseed-verify": 1}
    failed, out = look(cluster, deployed, WELL.replace(well, ill))
    assert failed == [check]
    assert (f"{ill.removeprefix('FAIL ')}" if ill else "has no result for freshness") in out


def test_a_job_that_cannot_run_fails_its_checks_and_the_others_are_made(cluster, deployed):
    cluster.plan.failures = [{"call": "^create", "error": "forbidden: quota"}]
    failed, out = look(cluster, deployed)
    assert failed == ["R health", "tables", "freshness"] and "refused Job dreamseed-verify" in out
