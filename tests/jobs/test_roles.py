"""Database roles: an administrator migrates, writers run the jobs, publishers report, readers look."""

import commands
import psycopg
import pytest
from builders import AS_OF, create_database, shared_services

from orchestration.graph.plan import last
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR, read_settings
from python_models.warehouse import migrations
from python_models.warehouse.connection import Warehouse, connect
from simulated_school import School, simulate

GROUPS = {"roles_runner": "dreamseed_writer", "roles_second_runner": "dreamseed_writer",
          "roles_reporter": "dreamseed_publisher", "roles_onlooker": "dreamseed_reader"}
# A table, and views on it; whoever drops the table drops the reports' views too.
REBUILT = ("--select", "weekly_kpi", "weekly_kpi_flat", "stg_irt__abilities", "path:dbt_project/models/reports",
           "--full-refresh")
N_REBUILT = 3 + len(list((PROJECT_DIR / "dbt_project/models/reports").glob("*.sql")))
OWNERS = """
    select distinct pg_get_userbyid(relowner) from pg_class
    where relnamespace in ('public'::regnamespace, 'public_staging'::regnamespace, 'public_fits'::regnamespace)
        and relkind in ('r', 'v')"""


def as_user(url, user):
    """The same database, as another login user (the socket trusts everybody)."""
    return url.replace("//postgres:", f"//{user}:", 1)


def run(url, query):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture(scope="module")
def url(server_url):
    """A small school in a migrated warehouse, and a login user in each group, made as docs/security.md says."""
    url = create_database(server_url, "roles")
    migrations.upgrade(Warehouse(url))
    with connect(url) as connection:
        simulate(connection, School(learners=150, weeks=14, seed=7, as_of=AS_OF))
    for user, group in GROUPS.items():
        run(url, f"create role {user} login in role {group}")
        if group == "dreamseed_writer":
            run(url, f"alter role {user} set role to {group}")
    yield url
    run(server_url, 'drop database "roles" with (force)')
    for user in GROUPS:
        run(server_url, f"drop role {user}")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The home of the jobs' processes."""
    return tmp_path_factory.mktemp("roles")


@pytest.fixture(scope="module")
def built(url, stack, home):
    """The warehouse after a writer's `dreamseed run irt`, with the views that reports read."""
    pipeline = pipeline_of(as_user(url, "roles_runner"), stack, home)
    pipeline.outcomes = pipeline.run(("irt",), AS_OF)
    pipeline.build("what reports read", last(), AS_OF)
    pipeline.release("test")
    return pipeline


def pipeline_of(url, stack, home):
    return Pipeline(read_settings(database_url=url, dreamseed_home=home, **shared_services(stack)))


def dreamseed(url, home, *arguments):
    return commands.dreamseed(*arguments, environment={"DREAMSEED_HOME": str(home), "DATABASE_URL": url})


def test_a_writer_does_the_whole_job_and_owns_nothing_by_itself(url, built):
    assert [outcome.status for outcome in built.outcomes] == ["published"]
    assert {owner for (owner,) in run(url, OWNERS)} == {"postgres", "dreamseed_writer"}


def test_another_writer_rebuilds_what_the_first_one_built(url, built, stack, home):
    second = pipeline_of(as_user(url, "roles_second_runner"), stack, home)
    assert second.build("again", REBUILT, AS_OF).nodes == N_REBUILT
    assert second.release("test").job == "test"


def test_a_publisher_reports_and_writes_nothing_else(url, built, home, tmp_path):
    user = run(url, "select min(user_id) from weekly_kpi where week_start = '2026-06-22'")[0][0]
    reporter = as_user(url, "roles_reporter")
    done = dreamseed(reporter, home, "report", "--week", str(AS_OF), "--user", user, "--uri", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert run(url, "select count(*) from report_artifacts") == [(1,)]
    assert dreamseed(reporter, home, "report", "--week", str(AS_OF), "--user", user, "--uri",
                     str(tmp_path)).returncode == 0  # a rerun replaces
    for statement in ("insert into fit_run (run_id) values ('x')", "delete from report_artifacts",
                      "update weekly_kpi set kpis = '{}'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(reporter, statement)


@pytest.mark.parametrize("arguments", [
    ["status"], ["runs"], ["sql", "select count(*) from weekly_kpi"],
    ["sql", "select count(*) from public_released.report_topic"], ["docs", "--as-of", str(AS_OF)]])
def test_a_reader_sees_all_that_is_shown(url, built, home, arguments):
    done = dreamseed(as_user(url, "roles_onlooker"), home, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("statement", [
    "insert into attempt_log (source_id) values ('x')", "update weekly_kpi set kpis = '{}'", "delete from fit_run",
    "truncate fit_run", "drop table weekly_kpi", "update release set state = 'removed'",
    "select from public_versions.weekly_kpi__versions", "drop view public_staging.stg_app__sessions",
    "insert into report_artifacts (url) values ('u')", "create table mine (x int)",
    "select * from truth.school", "create schema mine", "set role dreamseed_writer"])
def test_a_reader_is_refused_everything_else(url, built, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(as_user(url, "roles_onlooker"), statement)


@pytest.mark.parametrize("statement", [
    "drop table fit_run", "alter table survival_risk drop column user_id", "drop schema public_fits cascade",
    "delete from session", "create role more", "create schema mine"])
def test_a_writer_changes_rows_not_the_tables_of_migrations_nor_the_applications(url, built, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(as_user(url, "roles_runner"), statement)


def test_init_as_a_writer_finds_the_tables_at_their_revision(url, built, home):
    done = dreamseed(as_user(url, "roles_runner"), home, "init")
    assert done.returncode == 0, done.stderr


def test_a_warehouse_built_before_the_roles_is_handed_over(url, built, stack, home):
    """After going back everything is the administrator's, as it was before this revision; then a writer rebuilds it."""
    migrations.downgrade(Warehouse(url), "0016")
    assert run(url, OWNERS) == [("postgres",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(as_user(url, "roles_onlooker"), "select from weekly_kpi")
    migrations.upgrade(Warehouse(url))
    assert {owner for (owner,) in run(url, OWNERS)} == {"postgres", "dreamseed_writer"}
    assert run(as_user(url, "roles_onlooker"), "select count(*) > 0 from weekly_kpi") == [(True,)]
    assert built.build("again", ("--full-refresh",), AS_OF).nodes > N_REBUILT  # 0018 forgets what models had taken in
