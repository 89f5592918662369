"""`dreamseed verify`: each check fails when its thing is broken, and only then."""

from __future__ import annotations

import psycopg
import pytest
from builders import AS_OF
from commands import dreamseed

from orchestration.jobs.verification import CHECKS, verify
from python_models.errors import UsageError

FITS = ("forecast", "growth", "irt", "segments", "survival")


@pytest.fixture
def warehouse(templates, settings_for):
    """A copy of the small school, and what verify finds in it: {(check, subject): finding}."""
    url = templates.copy(templates.small_school()[0], "verified")

    def look(*checks, fits=FITS, **flags):
        found = verify(settings_for(url).model_copy(update=flags), AS_OF, checks or tuple(CHECKS), fits)
        return {(one.check, one.subject): one for one in found}

    def execute(statement):
        with psycopg.connect(url) as connection:
            connection.execute(statement)
    look.execute, look.url = execute, url
    return look


def failed(findings):
    return {key for key, finding in findings.items() if not finding.passed}


def test_a_warehouse_that_did_its_work_passes_everything(warehouse):
    findings = warehouse()
    assert not failed(findings)
    assert {subject for check, subject in findings if check == "freshness"} == set(FITS)
    assert {subject for check, subject in findings if check == "health"} == {
        "r-brms-plumber", "r-cluster-plumber", "r-forecast-plumber", "r-irt-plumber"}


def test_only_what_is_broken_fails(warehouse):
    warehouse.execute("drop view brms_fit_meta")
    warehouse.execute("update fit_run set finished_at = now() - interval '4 days' where fit = 'survival'")
    warehouse.execute("update fit_run set finished_at = now() - interval '4 days' where fit = 'forecast'")
    warehouse.execute("update fit_run set status = 'withdrawn' where fit = 'segments'")
    findings = warehouse(r_irt_base_url="http://127.0.0.1:1")
    assert failed(findings) == {("tables", "warehouse"), ("freshness", "survival"), ("freshness", "segments"),
                                ("health", "r-irt-plumber")}
    assert "public.brms_fit_meta" in findings["tables", "warehouse"].line()
    line = findings["freshness", "survival"].line()
    assert line.startswith("FAIL freshness survival: newest published run is 96.0 h old, 72 h are allowed. Fix: ")


def test_an_old_revision_fails_with_its_remedy_and_health_is_checked_all_the_same(warehouse):
    warehouse.execute("update dreamseed_schema_version set version_num = '0001'")
    findings = warehouse("revision", "health")
    assert failed(findings) == {("revision", "warehouse")}
    assert "run `dreamseed init`" in findings["revision", "warehouse"].line()


def test_an_unknown_fit_is_wrong_usage(warehouse):
    with pytest.raises(UsageError, match="There is no fit 'irrt'"):
        warehouse(fits=("irrt",))


def run(url, tmp_path, *arguments):
    return dreamseed("verify", *arguments, environment={"DATABASE_URL": url, "DREAMSEED_HOME": str(tmp_path / "cli")})


def test_the_command_ends_with_1_on_any_fail_and_prints_every_line(warehouse, tmp_path):
    good = run(warehouse.url, tmp_path, "freshness", "--fit", "irt")
    assert good.returncode == 0 and good.stdout.startswith("PASS freshness irt: newest published run is "), good.stderr
    bad = run(warehouse.url, tmp_path, "freshness", "health", "--fit", "irt")
    assert bad.returncode == 1 and "FAIL health r-irt-plumber: is not up." in bad.stdout
    assert "1 of 2 checks failed" in bad.stderr
    assert run(warehouse.url, tmp_path, "weather").returncode == 2


def test_a_home_without_a_database_is_reported_and_nothing_is_started(tmp_path):
    done = run("", tmp_path)
    assert done.returncode == 2 and "verify starts nothing" in done.stderr
    assert not (tmp_path / "cli" / "postgres").exists()
