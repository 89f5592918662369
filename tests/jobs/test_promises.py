"""The promises of every job: reruns, kills, locks, gates, withdrawals, dry runs, points in time."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from builders import AS_OF, NO_TESTS

from orchestration.graph.plan import Slice
from orchestration.jobs.pipeline import Pipeline, require_published
from orchestration.settings import PROJECT_DIR
from python_models.errors import BusyError, DreamseedError, NotEstimable, RejectedError
from python_models.warehouse import run_log
from python_models.warehouse.connection import advisory_lock, connect

BIN = Path(sys.executable).parent
MARTS = ("attempt", "attempt_rejected", "features_topic_daily", "weekly_kpi", "survival_risk", "survival_fit_meta",
         "mirt_item_params", "mirt_ability", "ability_weekly", "student_topic_theta", "item_bank")
AUDIT = "array['computed_at', 'finished_at', 'started_at']"  # clocks, not facts


def fingerprint(url: str) -> dict[str, tuple[int, int]]:
    """Count and hash every published table's rows (audit clocks left out, so that facts are compared)."""
    with connect(url) as connection:
        return {table: connection.execute(
            f"select count(*), sum(hashtextextended((to_jsonb(t) - {AUDIT})::text, 0)) from {table} t").fetchone()
            for table in MARTS}


@pytest.fixture(scope="module")
def small(small_school):
    """A copy of the small school, run once."""
    pipeline = Pipeline(small_school.settings.model_copy(update={"lock_wait_secs": 1}))
    pipeline.first = small_school.outcomes
    return pipeline


def statuses(pipeline):
    with connect(pipeline.database_url) as connection:
        return [(row["run_id"], row["status"]) for row in run_log.recent(connection)]


def the_fit(pipeline):
    return pipeline.dbt(AS_OF).parse().fit("survival")


def slice_of(pipeline):
    return Slice(the_fit(pipeline).name, ())


def test_a_second_run_publishes_nothing_and_changes_nothing(small):
    before = fingerprint(small.database_url)
    again = small.run(("irt", "survival"), AS_OF)  # a fit that others depend on, and one that depends on none
    assert [outcome.status for outcome in again] == ["unchanged"] * 2
    assert {outcome.run_id for outcome in again} < {outcome.run_id for outcome in small.first}
    assert fingerprint(small.database_url) == before


def test_the_same_input_fitted_again_gives_the_same_rows(small):
    first = next(outcome.run_id for outcome in small.first if outcome.run_id.startswith(the_fit(small).name))
    second = Pipeline(small.settings, force=True).fit(the_fit(small), AS_OF)
    assert second.run_id != first
    with connect(small.database_url) as connection:
        different = connection.execute("""
            select count(*) from (
                (select user_id, risk_score, hazard_ratio, contributions::text from survival_risk where run_id = %s
                 except select user_id, risk_score, hazard_ratio, contributions::text from survival_risk
                 where run_id = %s)) as d""", [first, second.run_id]).fetchone()
    assert different == (0,)


def test_a_dry_run_writes_nothing(small):
    before, runs = fingerprint(small.database_url), statuses(small)
    outcome = Pipeline(small.settings, dry_run=True).run((), AS_OF - timedelta(days=1))
    assert {o.status for o in outcome} == {"dry-run"}
    assert (fingerprint(small.database_url), statuses(small)) == (before, runs)


def test_the_loser_of_the_fits_lock_says_who_holds_it(small):
    fit = the_fit(small)
    with connect(small.database_url, autocommit=True) as holder, \
            advisory_lock(holder, f"dreamseed.fit.public.{fit.name}", 0), pytest.raises(BusyError, match="held by"):
        small.fit(fit, AS_OF)


def plain_dbt_build():
    return subprocess.run([BIN / "dbt", "build", "--select", "stg_app__students"], capture_output=True, text=True,
                          cwd=PROJECT_DIR, check=False)


@pytest.fixture
def plain_environment(small, monkeypatch):
    """The environment of a dbt that is started by hand and does not wait."""
    for name, value in small.dbt(AS_OF).environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOCK_WAIT_SECS", "0")


@pytest.mark.usefixtures("plain_environment")
def test_two_builds_never_overlap_and_a_plain_dbt_build_is_refused_meanwhile(small):
    with connect(small.database_url, autocommit=True) as holder, \
            advisory_lock(holder, "dreamseed.build.public", 0) as pid:
        with pytest.raises(BusyError, match="held by"):
            small.build("students", ("--select", "stg_app__students"), AS_OF)
        refused = plain_dbt_build()
        assert refused.returncode != 0 and f"database process {pid}" in refused.stdout
        assert "LOCK_WAIT_SECS" in refused.stdout and "> in macro" not in refused.stdout
    assert plain_dbt_build().returncode == 0


@pytest.mark.usefixtures("plain_environment")
def test_a_plain_dbt_that_is_killed_keeps_others_waiting_until_its_lease_ends(small, monkeypatch):
    monkeypatch.setenv("LOCK_WAIT_SECS", "300")
    with connect(small.database_url) as blocker, connect(small.database_url, autocommit=True) as connection:
        blocker.execute("lock table attempt_log")  # creating a view of it waits
        dbt = subprocess.Popen([BIN / "dbt", "run", "--select", "stg_app__attempt_log"], cwd=PROJECT_DIR,
                               stdout=subprocess.DEVNULL)
        while not connection.execute("select 1 from pg_locks where not granted and "
                                     "relation = 'attempt_log'::regclass").fetchone():
            assert dbt.poll() is None
            time.sleep(0.05)
        dbt.kill()
        dbt.wait()
        with pytest.raises(BusyError, match="`dbt run` of"), small.warehouse.lock("build", 0):
            pytest.fail("two builds at once")
        left = connection.execute("select expires_at - clock_timestamp() from build_lease").fetchone()[0]
        assert left <= timedelta(seconds=30)
        connection.execute("update build_lease set expires_at = clock_timestamp()")  # as if they had passed
    with small.warehouse.lock("build", 60):
        pass


def wait_until_landing(pipeline, runner):
    """Wait until somebody waits for the lock of survival_risk. Fails when the runner ends before."""
    waiting = "select count(*) from pg_locks where not granted and relation = 'survival_risk'::regclass"
    deadline = time.monotonic() + 300
    with connect(pipeline.database_url, autocommit=True) as connection:
        while connection.execute(waiting).fetchone() == (0,):
            assert runner.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)


def test_a_killed_run_is_taken_up_again_and_nobody_sees_half_of_it(small):
    """SIGKILL the runner while its rows are landing; the rerun publishes under the same run id."""
    settings = small.settings
    environment = os.environ | {
        "DATABASE_URL": small.database_url, "DREAMSEED_HOME": str(settings.home),
        "R_FORECAST_BASE_URL": settings.r_forecast_base_url,
        "R_FORECAST_INTERNAL_TOKEN": settings.r_forecast_internal_token}
    command = [BIN / "dreamseed", "fit", the_fit(small).name, "--as-of", AS_OF.isoformat(), "--force"]
    with connect(small.database_url) as holder:
        holder.execute("lock table survival_risk in exclusive mode")  # lets others read and keeps the rows from landing
        runner = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_landing(small, runner)
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    left = next(run for run, status in statuses(small) if status == "running")
    with connect(small.database_url) as connection:
        assert connection.execute("select count(*) from survival_risk where run_id = %s", [left]).fetchone() == (0,)
    outcome = Pipeline(settings, force=True).fit(the_fit(small), AS_OF)
    assert (outcome.run_id, outcome.status) == (left, "published")
    assert not any(status == "running" for _, status in statuses(small))


def test_a_withdrawn_run_is_never_read_and_not_published_again_by_itself(small):
    fit = the_fit(small)
    with connect(small.database_url) as connection:
        withdrawn, _ = run_log.rollback(connection, fit.name)
    small.build("after", slice_of(small).after, AS_OF)
    with connect(small.database_url) as connection:
        read = connection.execute(
            "select count(*) from public_fits.stg_survival__risks where run_id = %s", [withdrawn]).fetchone()
        assert read == (0,)
    forced = Pipeline(small.settings, force=True).fit(fit, AS_OF)
    with connect(small.database_url) as connection:
        run_log.rollback(connection, fit.name)
    assert forced.status == "published"
    with pytest.raises(RejectedError, match="withdrawn"):
        small.fit(fit, AS_OF)
    Pipeline(small.settings, force=True).fit(fit, AS_OF)


def test_too_little_data_fails_with_numbers_and_keeps_the_previous_run_in_force(small):
    fit, before = the_fit(small), [s for s in statuses(small) if s[1] == "published"]
    with psycopg.connect(small.database_url, autocommit=True) as connection:
        connection.execute("create table kept as select * from public_fits.survival_input")
        connection.execute("delete from public_fits.survival_input where user_id not in "
                           "(select user_id from public_fits.survival_input order by md5(user_id) limit 5)")
        try:
            with pytest.raises(NotEstimable, match="50"):
                small.fit(fit, AS_OF)
        finally:
            connection.execute("truncate public_fits.survival_input")
            connection.execute("insert into public_fits.survival_input select * from kept")
            connection.execute("drop table kept")
    assert [s for s in statuses(small) if s[1] == "published"] == before
    assert statuses(small)[0][1] == "failed"


@pytest.mark.data_tests
def test_a_failing_source_test_stops_everything_downstream(small):
    """A risk outside [0, 1] that slipped into a landing table must never reach a KPI."""
    with psycopg.connect(small.database_url, autocommit=True) as connection:
        newest = connection.execute("select run_id from fit_run where status = 'published' and fit = 'survival' "
                                    "order by as_of desc, started_at desc limit 1").fetchone()[0]
        good = connection.execute("select md5(string_agg(kpis::text, '' order by user_id, week_start)) "
                                  "from weekly_kpi").fetchone()
        user = connection.execute("select min(user_id) from survival_risk where run_id = %s", [newest]).fetchone()[0]
        score = connection.execute("select risk_score from survival_risk where run_id = %s and user_id = %s",
                                   [newest, user]).fetchone()[0]
        change = "update survival_risk set risk_score = %s where run_id = %s and user_id = %s"
        connection.execute(change, [1.5, newest, user])
        try:
            with pytest.raises(DreamseedError, match="survival_risk"):
                small.build("after", slice_of(small).after, AS_OF)
            assert connection.execute("select md5(string_agg(kpis::text, '' order by user_id, week_start)) "
                                      "from weekly_kpi").fetchone() == good
        finally:
            connection.execute(change, [score, newest, user])


def test_what_came_after_as_of_changes_nothing_before_it(small):
    """Point in time: rows of later days are mutated, and everything as of the day is the same."""
    day = AS_OF - timedelta(days=21)
    small.build("all", NO_TESTS, day)

    def facts():
        with connect(small.database_url) as connection:
            return [connection.execute(query, [day]).fetchone() for query in (
                "select md5(string_agg(kpis::text, '' order by user_id, week_start)) from weekly_kpi "
                "where week_start <= %s",
                "select md5(string_agg((to_jsonb(f) - 'computed_at')::text, '' order by user_id, topic_id, date)) "
                "from features_topic_daily f where date <= %s",
                "select md5(string_agg(i::text, '' order by user_id, gap_started_on)) "
                "from public_fits.survival_input i where gap_started_on <= %s")]

    before = facts()
    with connect(small.database_url) as connection:
        changed = connection.execute("""
            update exam_results set result_json = jsonb_set(result_json, '{questions,0,is_correct}', 'false')
            where created_at >= %s::date + 2 and jsonb_typeof(result_json -> 'questions') = 'array'
                and jsonb_array_length(result_json -> 'questions') > 0""", [day]).rowcount
        connection.commit()
    assert changed > 100
    small.build("all", NO_TESTS, day)
    assert facts() == before


def test_a_rejected_fit_keeps_the_previous_run_in_force_and_says_why(small):
    """Nobody returned in the days the fit is judged by: it has no skill there, so it must not be published."""
    fit = the_fit(small)
    before = [run for run in statuses(small) if run[1] == "published"]
    with psycopg.connect(small.database_url, autocommit=True) as connection:
        connection.execute("create table kept as select * from public_fits.survival_input")
        connection.execute("""
            update public_fits.survival_input
            set returned = false, observed_gap_days = %(as_of)s::date - gap_started_on
            where returned and gap_started_on + observed_gap_days > %(as_of)s::date - 56""", {"as_of": AS_OF})
        connection.execute("delete from public_fits.survival_input where gap_started_on > %s::date - 56", [AS_OF])
        try:
            outcome = small.fit(fit, AS_OF)
        finally:
            connection.execute("truncate public_fits.survival_input")
            connection.execute("insert into public_fits.survival_input select * from kept")
            connection.execute("drop table kept")
    assert outcome.status == "rejected"
    assert any("brier_skill" in reason for reason in outcome.reasons)
    with pytest.raises(RejectedError, match="brier_skill") as caught:
        require_published([outcome])
    assert caught.value.exit_code == 3
    assert [run for run in statuses(small) if run[1] == "published"] == before
