"""Schedules: they follow the order of the plan, and every fit has its file, its job and its age limit."""

from datetime import datetime, timedelta

import pytest
import yaml
from cluster_objects import K8S, name_of

from orchestration.graph.plan import plan

START = datetime(2026, 1, 1)
YEAR = [START + timedelta(minutes=minute) for minute in range(0, 366 * 24 * 60, 5)]


def numbers(field, every):
    return set(every) if field == "*" else {int(number) for number in field.split(",")}


def moments(schedule):
    """Every time of a schedule within a year. Reads numbers, lists and stars, which is all we use."""
    minute, hour, day, month, weekday = schedule.split()
    assert month == "*" and "*" in (day, weekday), schedule
    minutes, hours, days = numbers(minute, range(60)), numbers(hour, range(24)), numbers(day, range(1, 32))
    weekdays = numbers(weekday, range(7))
    return [t for t in YEAR
            if t.minute in minutes and t.hour in hours and t.day in days and t.isoweekday() % 7 in weekdays]


def longest_gap(schedule):
    """The longest time between two runs, in seconds."""
    found = moments(schedule)
    return max((later - earlier).total_seconds() for earlier, later in zip(found, found[1:], strict=False))


def job_of(objects, fit, named_job):
    """The CronJob that runs a fit: the one whose annotation names it, or the one its exposure names."""
    found = [job for job in objects.of("CronJob") if job["metadata"].get("annotations", {}).get("dreamseed/fit") == fit]
    return objects.one("CronJob", named_job) if named_job else found[0] if found else None


def test_every_fit_has_its_cronjob(objects, graph):
    missing = [f"{piece.fit}: copy the file of another fit in k8s/cronjobs (change name, schedule, age, fit, token) "
               "and list it in k8s/cronjobs/kustomization.yaml"
               for piece in plan(graph) if job_of(objects, piece.fit, piece.job) is None]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("folder", ["cronjobs", "services"])
def test_every_file_is_listed(kustomize, folder):
    """Kustomize has no wildcards: a file that nobody lists is a job that never runs."""
    listed = yaml.safe_load((K8S / folder / "kustomization.yaml").read_text())["resources"]
    files = {path.name for path in K8S.glob(f"{folder}/*.yaml")} - {"kustomization.yaml"}
    assert files == set(listed), f"list in k8s/{folder}/kustomization.yaml: {sorted(files - set(listed))}"


def test_a_cronjob_is_in_the_file_of_its_name_with_its_age_limit_and_nothing_else():
    for path in sorted(K8S.glob("cronjobs/*.yaml")):
        if path.name != "kustomization.yaml":
            found = [(one["kind"], name_of(one)) for one in yaml.safe_load_all(path.read_text())]
            assert found == [("CronJob", path.stem), ("PrometheusRule", path.stem)], path.name


def test_a_fit_runs_after_the_fits_it_waits_for(objects, graph):
    """On a day on which both run, the awaited fit comes first; `dreamseed plan` shows which fit waits for which."""
    slices = {piece.fit: piece for piece in plan(graph)}
    wrong = []
    for piece in slices.values():
        schedule = job_of(objects, piece.fit, piece.job)["spec"]["schedule"]
        for awaited in piece.waits_for:
            other = job_of(objects, awaited, slices[awaited].job)["spec"]["schedule"]
            ours, theirs = ({t.date(): t.time() for t in moments(s)} for s in (schedule, other))
            days = ours.keys() & theirs.keys()
            if any(ours[day] <= theirs[day] for day in days) or not days:
                wrong.append(f"{piece.fit} ({schedule}) waits for {awaited} ({other}): run it later")
    assert not wrong, "\n".join(wrong)


def test_reports_run_after_the_fits_of_their_day(objects, graph):
    report = objects.one("CronJob", "generate-weekly-report")["spec"]["schedule"]
    monday = {t.date(): t.time() for t in moments(report)}
    for piece in plan(graph):
        for moment in moments(job_of(objects, piece.fit, piece.job)["spec"]["schedule"]):
            later = moment.date() in monday and moment.time() >= monday[moment.date()]
            assert not later or moment.day in (1, 15), f"{piece.fit} runs after the report of its day"


def test_a_late_job_is_noticed_and_a_punctual_one_is_not(objects):
    """The limit lies between the longest gap plus the job's deadline, and two gaps."""
    ages = {rule["labels"]["cronjob"]: int(rule["expr"]) for one in objects.of("PrometheusRule")
            for group in one["spec"]["groups"] for rule in group["rules"]
            if rule.get("record") == "dreamseed_cronjob_max_age_seconds"}
    assert set(ages) == objects.names("CronJob")
    wrong = []
    for job in objects.of("CronJob"):
        gap = longest_gap(job["spec"]["schedule"])
        late = gap + job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"]
        assert job["metadata"]["annotations"]["dreamseed/max-age-seconds"] == str(ages[name_of(job)]), name_of(job)
        if not late < ages[name_of(job)] < 2 * gap:
            wrong.append(f"{name_of(job)}: dreamseed/max-age-seconds is {ages[name_of(job)]}; "
                         f"choose between {late:.0f} and {2 * gap:.0f}")
    assert not wrong, "\n".join(wrong)
