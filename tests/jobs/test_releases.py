"""Releases: readers see the marts at the end of a job, all of them at once, whatever builds do meanwhile."""

import threading
import time
from contextlib import contextmanager

import commands
import psycopg
import pytest
from builders import AS_OF, NO_TESTS, mart_contents
from psycopg import sql

from python_models.errors import BusyError, UsageError
from python_models.warehouse import erasure, releases
from python_models.warehouse.connection import connect
from python_models.warehouse.released_views import ReleasedViews
from reports.sources import reader
from reports.sources.records import Week

REPORTS = ("--select", "path:dbt_project/models/reports", "weekly_kpi_flat")
LIVE = {"attempt", "report_solved", "report_bank_item"}  # facts and the views of them (docs/adr/0020)
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


def marts(url, schema="public_released"):
    """The content of each released mart, or of those of them that are built now; facts left out."""
    return {name: content for name, content in mart_contents(url, schema).items() if name not in LIVE}


def assert_shown_as_built(url):
    """Fail unless each mart that is there now is released as it is; a view may wait for its next build."""
    released, built = marts(url), marts(url, "public")
    assert {name: released[name] for name in built} == built


def execute(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        return [connection.execute(statement) for statement in statements][-1]


def rows(url, query):
    with connect(url) as connection:
        return connection.execute(query).fetchall()


def built_again(pipeline, *selection):
    """Build and release what a test broke: everything, or what dbt's arguments select."""
    pipeline.build("again", (*(selection or ("--full-refresh",)), *NO_TESTS), AS_OF)
    return pipeline.release("test")


def dreamseed(pipeline, *arguments, **settings):
    return commands.dreamseed(*arguments, environment=settings | {
        "DREAMSEED_HOME": str(pipeline.settings.home), "DATABASE_URL": pipeline.database_url})


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

    started = time.monotonic()
    back = dreamseed(school, "rollback", "--release")
    assert time.monotonic() - started < 5 and back.returncode == 0, back.stderr
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


@contextmanager
def reading(url, *relations):
    """Hold read locks, as an open transaction of a dashboard does."""
    with psycopg.connect(url) as connection:
        for relation in relations:
            connection.execute(sql.SQL("select from {} limit 1").format(sql.Identifier(*relation.split("."))))
        yield
        connection.rollback()


def test_a_build_waits_for_readers_of_its_own_schema_only_so_long(school):
    url, selection = school.database_url, ("build", "--as-of", str(AS_OF), "--select", "churn_alert", "weekly_kpi_flat")
    with reading(url, "public.weekly_kpi_flat", "public_released.churn_alert", "public_released.weekly_kpi_flat"):
        assert dreamseed(school, *selection, LOCK_WAIT_SECS="1").returncode == 0
    with reading(url, "public.churn_alert"):
        shown = marts(url)
        busy = dreamseed(school, *selection, LOCK_WAIT_SECS="1")
        assert busy.returncode == 75
        assert [line for line in busy.stderr.splitlines() if line.startswith("error:")] == [
            "error: dbt build --select churn_alert weekly_kpi_flat waited 1 s for churn_alert, which another session "
            "reads in an open transaction. Fix: end that session (pg_stat_activity lists them) and run the job again; "
            "let reports read the released schema (docs/operations.md)."]
        assert marts(url) == shown


def test_a_reader_never_waits_nor_sees_half_a_job(school):
    """Polls during a build that replaces tables and views and changes rows: two contents, each a whole release."""
    url, seen, slowest, done = school.database_url, set(), [0.0], threading.Event()
    before = tuple(sorted(marts(url).items()))
    failures = []

    def poll():
        try:
            while not done.wait(0.02):
                started = time.monotonic()
                with school.warehouse.connect_released() as connection:
                    release = releases.require_shown(connection).release_id
                    content = connection.execute("""
                        select (select count(*) from churn_alert), (select md5(string_agg(t::text, '' order by user_id,
                            week_start)) from weekly_kpi_flat as t), (select sum(attempts) from learner_daily),
                            (select count(*) from report_topic)""").fetchone()
                seen.add((release, content))
                slowest[0] = max(slowest[0], time.monotonic() - started)
        except psycopg.Error as error:
            failures.append(error)

    execute(url, "delete from exam_results where user_id = (select max(user_id) from weekly_kpi)")
    polling = threading.Thread(target=poll)
    polling.start()
    try:
        release = built_again(school)
        deadline = time.monotonic() + 20
        while release.release_id not in {number for number, _ in seen} and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        done.set()
        polling.join()
    assert not failures
    assert len(seen) == len({release for release, _ in seen}) == len({content for _, content in seen}) == 2
    assert tuple(sorted(marts(url).items())) != before
    assert slowest[0] < 5


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
