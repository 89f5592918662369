"""The alert rules: promtool checks and tests them; each leads to a heading of the runbook."""

import re
import shutil
import subprocess

import pytest
import yaml

from orchestration.settings import PROJECT_DIR

ALERTS = {"CronJobFailed", "CronJobStale", "RServiceDown", "FitRejected", "RejectedAnswersHigh",
          "LiveCalibrationOutOfBand", "WarehouseExporterDown"}
TESTS = sorted((PROJECT_DIR / "tests" / "cluster").glob("alerts*.yaml"))


def groups(objects):
    return [group for one in objects.of("PrometheusRule") for group in one["spec"]["groups"]]


def alerts(objects):
    return [rule for group in groups(objects) for rule in group["rules"] if "alert" in rule]


@pytest.fixture
def folder(prod, tmp_path):
    """A folder with rules.yaml, as Prometheus would load it, and the tests."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not on this machine; `make setup` installs it (Debian's prometheus)")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups(prod)}))
    for path in TESTS:
        shutil.copy(path, tmp_path)
    return tmp_path


def promtool(folder, *arguments):
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_promtool_accepts_the_rules(folder):
    checked = promtool(folder, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_rules_are_the_same_everywhere(overlays):
    """So a test of production's rules holds for every overlay."""
    assert groups(overlays["dev"]) == groups(overlays["staging"]) == groups(overlays["prod"])


def test_alerts_fire_when_they_should_and_only_then(folder):
    tested = promtool(folder, "test", "rules", *(path.name for path in TESTS))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_has_a_unit_test(objects):
    said = "".join(path.read_text() for path in TESTS)
    assert {rule["alert"] for rule in alerts(objects)} == ALERTS
    untested = [name for name in ALERTS if f"alertname: {name}" not in said and f'alertname="{name}"' not in said]
    assert not untested, f"add tests to {TESTS[0].name}: {untested}"


def test_every_alert_has_a_severity_a_text_and_a_runbook(objects):
    wrong = []
    for rule in alerts(objects):
        notes, anchor = rule["annotations"], rule["alert"].lower()
        if rule["labels"].get("severity") not in ("warning", "critical"):
            wrong.append(f"{rule['alert']}: severity warning or critical")
        wrong += [f"{rule['alert']}: add the annotation {name}" for name in ("summary", "description")
                  if not notes.get(name)]
        if not re.fullmatch(rf"https://\S+/docs/operations\.md#{anchor}", notes.get("runbook_url", "")):
            wrong.append(f"{rule['alert']}: let runbook_url end in docs/operations.md#{anchor}")
    assert not wrong, "\n".join(wrong)


def test_the_runbook_has_a_heading_for_every_alert():
    headings = set(re.findall(r"^#+ (\w+)$", (PROJECT_DIR / "docs" / "operations.md").read_text(), re.M))
    assert headings >= ALERTS, f"add headings to docs/operations.md: {sorted(ALERTS - headings)}"
