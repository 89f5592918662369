"""Releases: readers see the marts at the end of a job, all of them at once, whatever builds do meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from builders import AS_OF
from psycopg import sql
from released_marts import assert_shown_as_built, built_again, dreamseed, execute, marts, rows

from python_models.errors import BusyError, UsageError
from python_models.warehouse import erasure, releases
from python_models.warehouse.connection import connect
from python_models.warehouse.released_views import ReleasedViews
from reports.sources import reader
from reports.sources.records import Week

REPORTS = ("--select", "path:dbt_project/models/reports", "weekly_kpi_flat")
# Half a job: each kind of change that a build, a fit or the application makes to what readers see.
HALF_A_JOB = (
    "update weekly_kpi set kpis = kpis || '{\"S\": 0.123}' where user_id in (select min(user_id) from weekly_kpi)",
    "delete from features_topic_daily where date = (select max(date) from features_topic_daily)",
    "insert into features_topic_daily select (jsonb_populate_record(days, '{\"user_id\": \"new\"}')).* "
    "from features_topic_daily as days where user_id = (select max(user_id) from features_topic_daily)",
    "update public_staging.int_learner_daily set attempts = attempts + 1",
    "create table churn_alert_new as select * from churn_alert limit 1",
    "drop table churn_alert cascade",
    "alter table churn_alert_new rename to churn_alert",
    "update fit_run set status = 'withdrawn' where fit = 'survival'",
    "update interest_goal_history set target_level = 0.5",
    "delete from session where id in (select id from session limit 50)")


@pytest.fixture(scope="module")
def school(small_school):
    """The small school after its job, which ended with a release."""
    return small_school


def test_a_release_shows_what_is_built_and_names_its_runs(school):
    shown = marts(school.database_url)
    assert shown == marts(school.database_url, "public") and len(shown) > 40
    with school.warehouse.connect_released() as connection:
        release = releases.require_shown(connection)
    assert release.as_of == AS_OF and release.job == "run"
    assert set(release.runs.values()) == {outcome.run_id for outcome in school.outcomes}


def test_released_marts_change_only_with_the_release_that_is_shown(school):
    url = school.database_url
    first = marts(url)
    execute(url, *HALF_A_JOB)
    assert marts(url) == first

    school.release("the other half")
    second = marts(url)
    changed = {name for name in first if first[name] != second[name]}
    assert changed >= {"weekly_kpi", "weekly_kpi_flat", "features_topic_daily", "churn_alert", "learner_daily",
                       "published_run", "report_goal", "report_topic", "report_kpi", "report_risk"}
    assert_shown_as_built(url)

    back = dreamseed(school, "rollback", "--release")
    assert back.returncode == 0, back.stderr
    assert "Withdrawn: release 2" in back.stdout and "Shown: release 1 as of 2026-06-28" in back.stdout
    assert marts(url) == first

    again = dreamseed(school, "rollback", "--release")
    assert again.returncode == 2 and "No release before it is kept" in again.stderr
    assert marts(url) == first
    assert school.release("test").release_id == 3 and marts(url) == second
    assert dreamseed(school, "rollback", "--release").returncode == 0 and marts(url) == first  # past the one withdrawn


def test_a_publication_that_dies_changes_nothing_and_the_next_one_repairs(school, monkeypatch):
    url = school.database_url
    school.release("test")
    first = marts(url)
    execute(url, HALF_A_JOB[1], HALF_A_JOB[3])

    def die(*_):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(ReleasedViews, "drop_others", die)
        with pytest.raises(RuntimeError, match="killed"):
            school.release("test")
    assert marts(url) == first
    school.release("test")
    assert marts(url) != first
    assert_shown_as_built(url)


def test_of_jobs_that_overlap_the_last_one_to_end_releases_for_all(school):
    url = school.database_url
    first = marts(url)
    with school.job("the last one"):
        execute(url, HALF_A_JOB[0])
        with school.job("ends first"):
            execute(url, HALF_A_JOB[3])
        assert school.steps[-1].note == "left to the job that still runs" and marts(url) == first
        with pytest.raises(RuntimeError, match="fails"), school.job("fails"):
            raise RuntimeError("fails")
        busy = dreamseed(school, "release")
        assert busy.returncode == 75 and "a job is running" in busy.stderr and marts(url) == first
    assert_shown_as_built(url)
    assert marts(url) != first and rows(url, "select job from release where state = 'shown'") == [("the last one",)]


def test_jobs_that_end_at_once_end_with_a_release(school):
    url, n_jobs = school.database_url, 4
    together = Barrier(n_jobs)

    def job(name):
        with school.job(name):
            together.wait(30)

    for attempt in range(3):
        execute(url, "update public_staging.int_learner_daily set attempts = attempts + 1")
        before = rows(url, "select max(release_id) from release")
        with ThreadPoolExecutor(n_jobs) as pool:
            list(pool.map(job, [f"{attempt} {place}" for place in range(n_jobs)]))
        assert rows(url, "select max(release_id) from release") > before
        assert_shown_as_built(url)


def test_tables_that_builds_change_are_not_compared_again(school):
    """Triggers write their versions; so a table that is replaced, truncated or gets a column is still right."""
    url = school.database_url
    noted = rows(url, "select tgrelid::regclass::text from pg_trigger where tgname = 'note_insert' order by 1")
    assert [name for name, in noted] == ["attempt_rejected", "features_topic_daily", "prediction_score",
                                         "public_staging.int_learner_daily", "weekly_kpi"]
    for broken in (("alter table weekly_kpi add column note text default 'x'",
                    "delete from weekly_kpi where user_id = (select max(user_id) from weekly_kpi)"),
                   ("update weekly_kpi set kpis = '{}'", "alter table weekly_kpi drop column note"),
                   ("alter table weekly_kpi add column note text", "update weekly_kpi set kpis = '{\"S\": 1}'",
                    "alter table weekly_kpi drop column note"),
                   ("truncate weekly_kpi",),
                   ("create table copied as select * from features_topic_daily limit 9",
                    "drop table features_topic_daily cascade", "alter table copied rename to features_topic_daily")):
        execute(url, *broken)
        release = school.release("test")
        assert_shown_as_built(url)
        kept = "select count(*) from public_versions.{}__versions where until_release <= %s or since_release > %s"
        for table in ("weekly_kpi", "features_topic_daily", "fit_run"):
            with connect(url) as connection:
                bounds = [release.release_id - 1, release.release_id]
                assert connection.execute(sql.SQL(kept).format(sql.SQL(table)), bounds).fetchone() == (0,)
    built_again(school)
    assert marts(url) == marts(url, "public")


def test_views_of_others_outlive_new_columns_and_are_never_dropped(school):
    """A dashboard's view: a new column leaves it alone; a column that goes is not released before the view is gone."""
    url = school.database_url
    execute(url, "create schema reporting", "create view reporting.kpis as select * from public_released.weekly_kpi",
            "alter table weekly_kpi add column note text default 'new'")
    school.release("test")
    assert rows(url, "select distinct note from public_released.weekly_kpi") == [("new",)]
    shown = marts(url)
    execute(url, "alter table weekly_kpi drop column note")
    with pytest.raises(UsageError, match="view reporting.kpis depends on view public_released.weekly_kpi"):
        school.release("test")
    assert marts(url) == shown and rows(url, "select count(*) > 0 from reporting.kpis") == [(True,)]
    execute(url, "drop schema reporting cascade")
    school.release("test")
    assert_shown_as_built(url)


def test_released_views_read_nothing_that_builds_replace(school):
    """Below them are versions, landing tables (a run's rows never change) and `attempt`."""
    found = {name for name, in rows(school.database_url, """
        select distinct link.refobjid::regclass::text
        from pg_rewrite as rule
        join pg_class as view on view.oid = rule.ev_class
        join pg_depend as link on link.objid = rule.oid and link.classid = 'pg_rewrite'::regclass
            and link.refclassid = 'pg_class'::regclass
        join pg_class as read on read.oid = link.refobjid
        where view.relnamespace::regnamespace::text in ('public_released', 'public_versions')
            and read.relnamespace::regnamespace::text not in ('public_released', 'public_versions')""")}
    facts = school.dbt(AS_OF).parse().marts("public").facts
    assert found <= {"release", *(fact.name for fact in facts)} and {"release", "attempt", "survival_risk"} <= found


def test_a_view_is_replaced_only_if_its_definition_changed(school):
    url = school.database_url
    written = """
        select ev_class::regclass::text, rule.xmin::text
        from pg_rewrite as rule join pg_class as view on view.oid = rule.ev_class
        where relnamespace::regnamespace::text in ('public_released', 'public_versions')
            or relname in ('weekly_kpi_flat', 'report_kpi') order by 1"""
    before = rows(url, written)
    assert len(before) > 70
    built_again(school, *REPORTS)
    assert rows(url, written) == before

    first = marts(url)
    execute(url, "drop view report_day", "create or replace view report_week as select week_start as report_week, "
            "max(as_of) as as_of from weekly_kpi group by week_start having max(as_of) < '2026-06-01'")
    school.release("test")
    second = marts(url)
    assert "report_day" in second  # a mart that is not there now stays in the release
    assert second["report_week"] != first["report_week"] and second["report_school"] != first["report_school"]
    built_again(school, *REPORTS)
    assert marts(url) == first


def test_a_job_half_done_and_a_job_that_fails_release_nothing(school):
    number, build = "select max(release_id) from release", ("build", "--as-of", str(AS_OF))
    before = rows(school.database_url, number)
    assert dreamseed(school, *build, "--before", "survival").returncode == 0
    assert dreamseed(school, *build, "--select", "weekly_kpi", "--vars", "nonsense").returncode == 1
    assert rows(school.database_url, number) == before
    assert dreamseed(school, *build, "--select", "fit_measure").returncode == 0
    [(after, job)] = rows(school.database_url, "select release_id, job from release where state = 'shown'")
    assert (after, job) == (before[0][0] + 1, "build --select fit_measure")


def test_an_erased_learner_is_in_no_version(school):
    url = school.database_url
    [(user_id,)] = rows(url, "select max(user_id) from weekly_kpi")
    execute(url, sql.SQL("update weekly_kpi set kpis = '{{}}' where user_id = {}").format(sql.Literal(user_id)))
    school.release("test")  # two versions of the learner's rows
    for table in ("exam_results", "session", "interest_goal"):
        execute(url, sql.SQL("delete from {} where user_id = {}").format(sql.Identifier(table), sql.Literal(user_id)))
    with connect(url) as connection:
        done = erasure.erase(connection, user_id, "public", school.dbt(AS_OF).parse().owned_tables())
        assert done.deleted["public_versions.weekly_kpi__versions"] > 1
        tables = [name for name, in connection.execute(
            "select relname from pg_class where relnamespace = 'public_versions'::regnamespace and relkind = 'r'")]
        for table in tables:
            assert connection.execute(sql.SQL("select count(*) from {} as t where strpos(t::text, {}) > 0").format(
                sql.Identifier("public_versions", table), sql.Literal(user_id))).fetchone() == (0,), table
    assert_shown_as_built(url)


def test_pages_name_the_release_and_nothing_is_shown_before_the_first(school):
    url = school.database_url
    with reader.reader(url, "public", Week.of(AS_OF)) as read, connect(url) as connection:
        assert read.school.release_id == releases.require_shown(connection).release_id
    assert "Shown: release" in dreamseed(school, "status").stdout
    execute(url, "update release set state = 'removed'")
    with pytest.raises(UsageError, match="There is no release yet"), reader.reader(url, "public", Week.of(AS_OF)):
        pass
    assert "No release yet" in dreamseed(school, "status").stdout
    asked = dreamseed(school, "sql", "select count(*) from weekly_kpi")
    assert asked.returncode == 0 and "No release yet" in asked.stderr
    assert dreamseed(school, "release").returncode == 0
    assert "No release yet" not in dreamseed(school, "sql", "select count(*) from weekly_kpi").stderr


def test_two_publications_exclude_each_other(school):
    with school.warehouse.lock("release", 1), pytest.raises(BusyError, match="release"):
        school.settings.lock_wait_secs = 0
        school.release("test")
