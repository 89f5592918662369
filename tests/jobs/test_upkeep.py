"""Status, erasure and pruning as a user calls them, on a built warehouse; no fit is needed."""

import json
import sys
from pathlib import Path

import dbt_in_process
import psycopg
import pytest
from builders import AS_OF, NO_TESTS, create_database
from commands import dreamseed
from psycopg import sql

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

pytestmark = pytest.mark.data_tests

DREAMSEED = Path(sys.executable).parent / "dreamseed"
CANARY = "canary-5c1e-Ольга"
OURS = ("attempt_log", "attempt", "attempt_rejected", "features_topic_daily", "weekly_kpi", "survival_risk")


@pytest.fixture(scope="module")
def built(stack, tmp_path_factory):
    """A small built school with a canary in it: exams, goals, logged answers, rejected rows, a landed risk."""
    url = create_database(stack.database_url(), "upkeep")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("upkeep")))
    pipeline.init()
    with connect(url) as connection:
        simulate(connection, School(learners=60, weeks=10, seed=5, as_of=AS_OF))
        user = connection.execute("select user_id from session where user_id is not null group by 1 "
                                  "order by count(*) desc, 1 limit 1").fetchone()[0]
        for table in ("session", "exam_results", "interest_goal"):
            connection.execute(sql.SQL("update {} set user_id = %s where user_id = %s").format(
                sql.Identifier(table)), [CANARY, user])
        connection.execute("insert into attempt_log (source_id, user_id, item_id, correct, completed_at) values "
                           "('a', %(u)s, 'i', true, '2026-06-01'), ('b', %(u)s, null, true, '2026-06-01')",
                           {"u": CANARY})
        connection.execute("insert into fit_run (run_id, fit, as_of, status, params, error, started_at) values "
                           "('r', 'survival', '2026-06-21', 'published', '{}', 'learner ' || %s, now())", [CANARY])
        connection.execute("insert into survival_risk (run_id, fitted_at, user_id, risk_score, idle_days, status, "
                           "contributions, horizon_days) values ('r', now(), %s, 0.5, 3, 'at_risk', %s, 14)",
                           [CANARY, json.dumps([{"feature": "about", "value": CANARY}])])
        connection.commit()
    pipeline.build("all", (), AS_OF)
    return pipeline


def run(pipeline, *arguments):
    return dreamseed(*arguments, environment={
        "DREAMSEED_HOME": str(pipeline.settings.home), "DATABASE_URL": pipeline.database_url})


def holding(pipeline, needle):
    """Search every text and JSON column of every table, the truth of the simulation left out."""
    found = {}
    with psycopg.connect(pipeline.database_url) as connection:
        columns = connection.execute("""
            select table_schema, table_name, column_name from information_schema.columns
            join information_schema.tables using (table_schema, table_name)
            where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema', 'truth')
                and data_type in ('text', 'character varying', 'json', 'jsonb', 'uuid')""").fetchall()
        for schema, table, column in columns:
            n = connection.execute(sql.SQL("select count(*) from {} where strpos({}::text, %s) > 0").format(
                sql.Identifier(schema, table), sql.Identifier(column)), [needle]).fetchone()[0]
            if n:
                found[f"{table}.{column}"] = n
    return found


def test_status_shows_what_failed_and_how_to_resolve_it(built):
    change = "update survival_risk set risk_score = %s where run_id = 'r'"
    with psycopg.connect(built.database_url, autocommit=True) as connection:
        connection.execute(change, [1.5])
        failed = run(built, "build", "--as-of", str(AS_OF), "--select", "source:survival.survival_risk")
        shown = run(built, "status").stdout
        connection.execute(change, [0.5])
    assert failed.returncode == 1
    words = " ".join(shown.replace("│", " ").split())
    assert "within_range survival_risk.risk_score" in words and "How to resolve" in words
    assert "pass" in words and "exam_results" in words
    assert run(built, "build", "--as-of", str(AS_OF), "--select", "source:survival.survival_risk").returncode == 0
    assert "did not pass" not in run(built, "status").stdout


def test_source_freshness_only_warns(built):
    """`loaded_at` of the newest logged answer is now, then 100 days ago."""
    def freshness():
        code = dbt_in_process.run(["source", "freshness"], built.dbt(AS_OF).environment(), output=False)
        results = json.loads((built.dbt(AS_OF).target / "sources.json").read_text())["results"]
        return code, {result["unique_id"].split(".", 2)[2]: result["status"] for result in results}

    assert freshness()[1]["app.attempt_log"] == "pass"
    with psycopg.connect(built.database_url) as connection:
        connection.execute("alter table attempt_log disable trigger user")
        connection.execute("update attempt_log set loaded_at = now() - interval '100 days'")
        connection.execute("alter table attempt_log enable trigger user")
    code, found = freshness()
    assert (code, found["app.attempt_log"]) == (0, "warn")
    assert "app.exam_results" in found and "error" not in found.values()


def test_erasing_is_not_done_while_the_application_holds_the_learner_and_holds_after_a_build(built):
    before = holding(built, CANARY)
    assert {name.split(".")[0] for name in before} >= {*OURS, "fit_run", "session", "exam_results", "int_learner_daily"}

    refused = run(built, "erase", CANARY)
    assert refused.returncode == 1 and "Done" not in refused.stdout
    assert "public.exam_results" in refused.stderr and "next build would bring the learner back" in refused.stderr
    assert {name.split(".")[0] for name in holding(built, CANARY)} == {"session", "exam_results", "interest_goal"}

    with psycopg.connect(built.database_url, autocommit=True) as connection:
        for table in ("exam_results", "session", "interest_goal"):
            connection.execute(sql.SQL("delete from {} where user_id = %s").format(sql.Identifier(table)), [CANARY])
        student = str(connection.execute("select md5(%s)::uuid", [CANARY]).fetchone()[0])
    done = run(built, "erase", CANARY)
    assert done.returncode == 0 and "Done: no row of the learner is left." in done.stdout, done.stderr
    for arguments in ((), ("--full-refresh",)):
        built.build("all", (*arguments, *NO_TESTS), AS_OF)
        assert holding(built, CANARY) == {} and holding(built, student) == {}


def test_pruning_dry_and_real(built):
    with psycopg.connect(built.database_url, autocommit=True) as connection:
        connection.execute("insert into fit_run (run_id, fit, as_of, status, params, started_at) values "
                           "('old', 'survival', '2024-01-02', 'published', '{}', now()), "
                           "('kept', 'survival', '2024-01-03', 'published', '{}', now())")
        connection.execute("insert into survival_risk (run_id, fitted_at, user_id, risk_score, idle_days, status, "
                           "horizon_days) select run_id, now(), 'someone', 0.5, 3, 'at_risk', 14 from fit_run "
                           "where run_id in ('old', 'kept')")
        runs = "select distinct run_id from survival_risk order by 1"
        before = connection.execute(runs).fetchall()
        dry = run(built, "prune", "--keep", "400d", "--as-of", str(AS_OF), "--dry-run")
        assert dry.returncode == 0 and "old" in dry.stdout and "kept" not in dry.stdout
        assert connection.execute(runs).fetchall() == before
        assert run(built, "prune", "--keep", "400d", "--as-of", str(AS_OF)).returncode == 0
        assert ("old",) not in connection.execute(runs).fetchall() and ("kept",) in connection.execute(runs).fetchall()
    wrong = run(built, "prune", "--keep", "soon")
    assert wrong.returncode == 2 and "400d" in wrong.stderr
