"""The CronJobs: names and schedules of the contract, limits, commands, and the steps of a fit."""

from click.exceptions import UsageError
from cluster_objects import name_of, pod_of

from orchestration.cli import cli
from orchestration.settings import read_settings

CONTRACT = {  # contracts.md section 8
    "aggregate-features-daily": "15 1 * * *", "compute-daily-kpis": "10 2 * * *", "mirt-calibrate": "0 3 * * *",
    "fit-bayesian-growth": "30 4 * * 1", "forecast-prophet": "0 5 * * 1", "fit-survival-churn": "0 5 * * *",
    "detect-inactivity": "30 5 * * *", "generate-weekly-report": "0 6 * * 1", "cluster-segments": "0 7 1,15 * *",
}
DBT_OPTIONS = ("--select", "--exclude-resource-type")
BUILD_SECONDS = 600  # three times what a build of 12 million answers from nothing took


def test_names_and_schedules_are_the_contracts(objects):
    assert {name_of(job): job["spec"]["schedule"] for job in objects.of("CronJob")} == CONTRACT


def test_jobs_do_not_overlap_run_late_or_stay(objects):
    wrong = []
    for job in objects.of("CronJob"):
        spec, inner = job["spec"], job["spec"]["jobTemplate"]["spec"]
        for field, wanted in (("concurrencyPolicy", "Forbid"), ("timeZone", "Etc/UTC")):
            if spec.get(field) != wanted:
                wrong.append(f"{name_of(job)}: set spec.{field} to {wanted}")
        wrong += [f"{name_of(job)}: set spec.{field}" for field in (
            "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit") if field not in spec]
        wrong += [f"{name_of(job)}: set {field} of its jobs" for field in (
            "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished") if field not in inner]
        if spec.get("suspend"):
            wrong.append(f"{name_of(job)}: overlays do not suspend jobs; `kubectl patch` does, for as long as needed")
    assert not wrong, "\n".join(wrong)


# Where a CronJob may differ from the others; everything else is repeated in each file and must not drift.
OWN_OF_A_JOB = {"schedule", "jobTemplate"}
OWN_OF_A_POD = {"containers", "initContainers", "volumes"}
OWN_OF_A_CONTAINER = {"name", "args", "env", "envFrom", "resources", "volumeMounts"}
HOMES = [{"name": "DREAMSEED_HOME", "value": "/var/lib/dreamseed"}, {"name": "HOME", "value": "/tmp"}]
MOUNTS = [{"name": "home", "mountPath": "/var/lib/dreamseed"},
          {"name": "database-ca", "mountPath": "/etc/dreamseed/database", "readOnly": True},
          {"name": "tmp", "mountPath": "/tmp"}]
DATABASE_SECRETS = {"mirt-calibrate": "calibrate-irt-credentials"}  # all others: seedtest-db-credentials


def differences(things, own):
    """{field: its different values, with who has them} of dicts that should agree but for their `own` fields."""
    seen = {}
    for owner, one in things.items():
        for field in {field for other in things.values() for field in other} - own:
            seen.setdefault(field, {}).setdefault(str(one.get(field)), []).append(owner)
    return {field: values for field, values in seen.items() if len(values) > 1}


def test_cronjobs_differ_only_where_they_may(objects):
    """Each file repeats the whole pod, so that a pod is read in one place; this keeps the repetition equal."""
    jobs = {name_of(job): job["spec"] for job in objects.of("CronJob")}
    pods = {name: job["jobTemplate"]["spec"]["template"]["spec"] for name, job in jobs.items()}
    inner = {name: job["jobTemplate"]["spec"] for name, job in jobs.items()}
    containers = {f"{name}, {one['name']}": one for name, pod in pods.items()
                  for one in [*pod.get("initContainers", []), *pod["containers"]]}
    assert differences(jobs, OWN_OF_A_JOB) == {}
    assert differences(inner, {"activeDeadlineSeconds", "template"}) == {}
    assert differences(pods, OWN_OF_A_POD) == {}
    assert differences(containers, OWN_OF_A_CONTAINER) == {}


def test_every_step_of_a_job_has_the_same_settings_login_folders_and_volumes(objects):
    """What a job adds (tokens, the report's bucket) comes after what all have."""
    jobs = objects.of("CronJob")
    common = [volume["name"] for volume in pod_of(jobs[0]).spec["volumes"][:3]]
    assert sorted(common) == ["database-ca", "home", "tmp"]
    for job in jobs:
        login = {"secretKeyRef": {"name": DATABASE_SECRETS.get(name_of(job), "seedtest-db-credentials"),
                                  "key": "DATABASE_URL"}}
        assert pod_of(job).spec["volumes"][:3] == pod_of(jobs[0]).spec["volumes"][:3], name_of(job)
        for one in pod_of(job).containers():
            step = f"{name_of(job)}, container {one['name']}"
            assert one["env"][:3] == [*HOMES, {"name": "DATABASE_URL", "valueFrom": login}], step
            assert one["envFrom"][0] == {"configMapRef": {"name": "dreamseed-settings"}}, step
            assert one["volumeMounts"][:3] == MOUNTS, step


def test_failures_that_another_try_cannot_fix_are_not_tried_again(objects):
    """2: wrong settings; 3: rejected by a gate. A disruption costs no try. The policy needs restartPolicy Never."""
    for job in objects.of("CronJob"):
        inner = job["spec"]["jobTemplate"]["spec"]
        fail, ignore = inner["podFailurePolicy"]["rules"]
        assert (fail["action"], fail["onExitCodes"]) == ("FailJob", {"operator": "In", "values": [2, 3]}), name_of(job)
        assert (ignore["action"], ignore["onPodConditions"]) == (
            "Ignore", [{"type": "DisruptionTarget", "status": "True"}]), name_of(job)
        assert inner["template"]["spec"]["restartPolicy"] == "Never", name_of(job)


def test_a_job_has_time_for_its_waits_its_builds_and_its_fit(objects, graph):
    """The deadline covers every build with its wait for the lock, and the fits; a shorter one would kill good work."""
    deadlines = {name: fit.deadline_seconds for name, fit in graph.fits().items()}
    wait = float(objects.data("dreamseed-settings")["LOCK_WAIT_SECS"])
    wrong = []
    for job in objects.of("CronJob"):
        fits = fits_of(job, graph)
        builds = max(2 * len(fits), sum("build" in one["args"] for one in pod_of(job).containers()))
        needed = builds * (wait + BUILD_SECONDS) + sum(deadlines[fit] for fit in fits)
        given = job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"]
        if given < needed:
            wrong.append(f"{name_of(job)}: activeDeadlineSeconds is {given}, its work may take {needed:.0f}")
    assert not wrong, "\n".join(wrong)


def test_a_fit_is_built_before_fitted_and_built_after_in_one_folder(objects, graph):
    for job in objects.of("CronJob"):
        fit = job["metadata"].get("annotations", {}).get("dreamseed/fit")
        if fit is None:
            continue
        pod = pod_of(job)
        assert [(one["name"], one["args"]) for one in pod.containers()] == [
            ("build-before", ["build", "--before", fit]), ("fit", ["fit", fit]),
            ("build-after", ["build", "--after", fit])]
        assert [one["name"] for one in pod.spec["containers"]] == ["build-after"]
        homes = {next(m["name"] for m in one["volumeMounts"] if m["mountPath"] == "/var/lib/dreamseed")
                 for one in pod.containers()}
        assert homes == {"home"} and fit in graph.fits()


def test_every_command_is_one_that_dreamseed_has(objects):
    """The command's own parser reads the arguments, so a renamed option fails here, not at night."""
    wrong = []
    for pod in objects.pods():
        for one in pod.containers():
            if "command" in one or "args" not in one:
                continue  # does not run the entry point of the warehouse's image
            name, *arguments = [word.replace("$(PROCESSES)", "2") for word in one["args"]]
            try:
                read = cli.commands[name].make_context(name, arguments, obj=read_settings()).params
            except (KeyError, UsageError) as error:
                wrong.append(f"{pod.owner}: `dreamseed {' '.join(one['args'])}`: {error}")
                continue
            # `build` passes unknown options to dbt, so a misspelt option of its own would go unnoticed
            wrong += [f"{pod.owner}: {word} is no option of `dreamseed build`, nor one of dbt that jobs use"
                      for word in read.get("selection", ()) if word.startswith("-") and word not in DBT_OPTIONS]
    assert not wrong, "\n".join(wrong)


def test_a_job_knows_the_tokens_of_the_services_it_calls_and_no_others(objects, graph):
    """Only the container that fits has tokens; a job that calls no service cannot reach one."""
    services = {name: fit.service for name, fit in graph.fits().items()}
    for job in objects.of("CronJob"):
        wanted = {services[fit].removeprefix("r-").removesuffix("-plumber").upper() for fit in fits_of(job, graph)}
        for one in pod_of(job).containers():
            known = {e["name"].split("_")[1] for e in one["env"] if e["name"].endswith("_INTERNAL_TOKEN")}
            fits = one["args"][0] in ("fit", "detect-inactivity")
            assert known == (wanted if fits else set()), f"{name_of(job)}, container {one['name']}"
        assert (pod_of(job).labels.get("calls-fit-services") == "true") == bool(wanted), name_of(job)


def test_the_report_prints_with_as_many_browsers_as_it_has_processors(objects):
    """`--processes` defaults to the node's cores; each browser takes 450 MB."""
    pod = pod_of(objects.one("CronJob", "generate-weekly-report"))
    report = pod.spec["containers"][0]
    assert report["args"][-2:] == ["--processes", "$(PROCESSES)"]
    processes = int(report["resources"]["limits"]["cpu"])
    assert int(report["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024 >= 450 * processes + 300
    source = {e["name"]: e.get("valueFrom") for e in report["env"]}["PROCESSES"]
    assert source == {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}
    assert {m["mountPath"] for m in report["volumeMounts"]} >= {"/dev/shm", "/tmp"}


def test_reports_go_to_the_bucket_of_the_config_map(objects):
    """Kubernetes expands $(NAME) only from an entry of `env` above it, not from envFrom or from an entry below."""
    report = pod_of(objects.one("CronJob", "generate-weekly-report")).spec["containers"][0]
    names = [e["name"] for e in report["env"]]
    variables = {e["name"]: e for e in report["env"]}
    assert variables["REPORT_URI"]["value"] == "s3://$(S3_BUCKET)"
    assert variables["S3_BUCKET"]["valueFrom"] == {"configMapKeyRef": {"name": "report-config", "key": "S3_BUCKET"}}
    assert names.index("S3_BUCKET") < names.index("REPORT_URI")


def fits_of(job, graph):
    """The fits that a job runs: the one of its annotation, or those whose exposure names it."""
    fit = job["metadata"].get("annotations", {}).get("dreamseed/fit")
    return [fit] if fit else [name for name, one in graph.fits().items() if one.job == name_of(job)]
