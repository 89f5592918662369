"""Migrations: linear, and safe in both directions on a database with data."""

import re
from pathlib import Path

import psycopg
import pytest
from builders import create_database

from python_models.errors import UsageError
from python_models.warehouse import migrations, revisions
from python_models.warehouse.connection import Warehouse

LANDING = {"survival_fit_meta", "survival_risk", "prophet_fit_meta", "prophet_anomalies", "forecast_points",
           "mirt_item_params", "mirt_ability", "ability_weekly", "ability_change", "student_topic_theta",
           "mirt_fit_meta", "item_drift", "growth_brms_meta", "growth_predictions", "segment_meta",
           "segment_assignments"}
OURS = {"attempt_log", "fit_run", "test_result", "build_mark", "learner_change", "source_seen",
        "attempt_log_change", "build_scope", "build_lease", "release", "report_artifacts",
        "class_report_artifacts", "calendar"} | LANDING
APPLICATION = {"exam_results", "session", "interest_goal", "question", "classroom"}


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'public'")}


def test_the_history_is_linear():
    files = sorted(Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))
    texts = [file.read_text() for file in files]
    chain = [(text.split('revision = "')[1].split('"')[0]) for text in texts]
    downs = [text.split("down_revision = ")[1].split("\n")[0].strip('"') for text in texts]
    assert downs == ["None", *chain[:-1]]
    assert revisions.known() == chain and revisions.head() == chain[-1]


def test_a_downgrade_drops_what_dbts_views_read_by_way_of_readers():
    """Plain SQL would stop at the first view that dbt built on it (`python_models.warehouse.migrations.readers`)."""
    files = sorted(Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))
    wrong = [f"{file.name}: call drop_table or drop_column" for file in files
             if re.search(r"drop (table|column) ", file.read_text().split("def downgrade")[1])]
    assert not wrong, "\n".join(wrong)


def test_up_and_down_with_data_keeps_the_applications_rows(server_url):
    url = create_database(server_url, "migrations")
    migrations.upgrade(Warehouse(url))
    assert tables(url) == OURS | APPLICATION | {revisions.VERSION_TABLE}
    with psycopg.connect(url) as connection:
        connection.execute("insert into session (id, user_id) values ('s1', 'u1')")
        connection.execute("insert into attempt_log (source_id, user_id) values ('a', 'u1')")
        connection.execute("""
            insert into fit_run (run_id, fit, as_of, status, params, started_at)
            values ('r', 'survival', '2026-01-01', 'published', '{}', now())""")
        connection.execute("insert into survival_risk (run_id, fitted_at, user_id) values ('r', now(), 'u1')")
    migrations.downgrade(Warehouse(url), "0003")
    assert tables(url) == {"attempt_log", "fit_run", revisions.VERSION_TABLE} | APPLICATION
    migrations.downgrade(Warehouse(url), "base")
    assert tables(url) == {"session", revisions.VERSION_TABLE}  # filled by the application: not ours to drop
    migrations.upgrade(Warehouse(url))
    with psycopg.connect(url) as connection:
        assert connection.execute("select id from session").fetchall() == [("s1",)]
    assert tables(url) == OURS | APPLICATION | {revisions.VERSION_TABLE}


def test_abilities_that_landed_as_wle_are_not_taken_for_eaps_and_come_back(server_url):
    url = create_database(server_url, "abilities_as_wle")
    migrations.upgrade(Warehouse(url))
    tables_of = {"mirt_ability": "user_id", "student_topic_theta": "user_id, topic_id"}

    def columns(names):
        with psycopg.connect(url) as connection:
            return [connection.execute(f"select {names} from {table}").fetchall() for table in tables_of]

    migrations.downgrade(Warehouse(url), "0020")
    with psycopg.connect(url) as connection:
        connection.execute("insert into fit_run (run_id, fit, as_of, status, params, started_at) "
                           "values ('r', 'irt', '2026-01-01', 'published', '{}', now())")
        for table, keys in tables_of.items():
            given = ", ".join("'x'" for _ in keys.split(", "))
            connection.execute(f"insert into {table} (run_id, fitted_at, {keys}, theta, se) "
                               f"values ('r', now(), {given}, -7.1, 3.5)")
    migrations.upgrade(Warehouse(url))
    assert columns("theta, se, theta_wle, se_wle") == [[(None, None, -7.1, 3.5)]] * 2
    with psycopg.connect(url) as connection:
        for table in tables_of:  # as a refit lands
            connection.execute(f"update {table} set theta = -0.4, se = 0.9")
    migrations.downgrade(Warehouse(url), "0020")
    assert columns("theta, se") == [[(-7.1, 3.5)]] * 2
    migrations.upgrade(Warehouse(url))
    assert columns("theta, theta_wle") == [[(None, -7.1)]] * 2


def test_learners_of_older_segments_runs_are_marked_by_what_their_snapshot_lacks(server_url):
    url = create_database(server_url, "older_segments")
    migrations.upgrade(Warehouse(url), "0022")
    with psycopg.connect(url) as connection:
        connection.execute("insert into fit_run (run_id, fit, as_of, status, params, started_at) "
                           "values ('r', 'segments', '2026-01-01', 'published', '{}', now())")
        connection.execute("""insert into segment_meta (run_id, fitted_at, features)
            values ('r', now(), '[{"feature": "sessions"}, {"feature": "mean_gap_days"}]')""")
        connection.execute("""insert into segment_assignments (run_id, fitted_at, user_id, features_snapshot) values
            ('r', now(), 'whole', '{"sessions": 3, "mean_gap_days": 2.5, "recovery": null}'),
            ('r', now(), 'once', '{"sessions": 1, "mean_gap_days": null}')""")
    migrations.upgrade(Warehouse(url))
    with psycopg.connect(url) as connection:
        marks = connection.execute("select user_id, is_assigned_only from segment_assignments order by 1").fetchall()
    assert marks == [("once", True), ("whole", False)]


def test_tables_of_an_application_are_left_as_they_are(server_url):
    url = create_database(server_url, "application")
    with psycopg.connect(url) as connection:
        connection.execute("create table question (id bigint primary key, body text)")
        connection.execute("create table alembic_version (version_num varchar(32))")
        connection.execute("insert into alembic_version values ('abc123')")
    migrations.upgrade(Warehouse(url))
    migrations.downgrade(Warehouse(url), "base")
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "select column_name from information_schema.columns where table_name = 'question'").fetchall()
        assert sorted(columns) == [("body",), ("id",)]
        assert connection.execute("select version_num from alembic_version").fetchone() == ("abc123",)


def test_a_second_upgrade_changes_nothing_and_another_schema_is_possible(server_url):
    url = create_database(server_url, "schemas")
    migrations.upgrade(Warehouse(url, "analytics"))
    migrations.upgrade(Warehouse(url, "analytics"))
    with psycopg.connect(url) as connection:
        assert connection.execute("select to_regclass('analytics.fit_run')").fetchone() == ("analytics.fit_run",)
        assert connection.execute("select to_regclass('public.fit_run')").fetchone() == (None,)


def test_a_command_on_a_warehouse_without_tables_says_init(server_url):
    with pytest.raises(UsageError, match="run `dreamseed init`"):
        Warehouse(create_database(server_url, "bare")).require_tables()


def test_every_statement_on_the_log_notes_whose_answers_it_touched_and_from_which_day_on(server_url):
    url = create_database(server_url, "log_change")
    migrations.upgrade(Warehouse(url))
    with psycopg.connect(url, autocommit=True) as connection:
        def noted():
            """Return the notes of the last statement, and forget them."""
            return sorted(connection.execute("delete from attempt_log_change returning user_id, from_day::text"))

        def insert(values):
            connection.execute(f"insert into attempt_log (source_id, user_id, completed_at) values {values} "
                               "on conflict do nothing")

        insert("('1', 'a', '2026-01-02 23:00Z'), ('2', 'a', '2026-01-05Z'), ('3', 'b', '2026-01-04Z')")
        assert noted() == [("a", "2026-01-02"), ("b", "2026-01-04")]
        insert("('1', 'a', '2026-01-01Z')")
        assert noted() == []
        insert("('4', null, '2026-01-01Z'), ('5', 'c', null), ('6', 'd', 'infinity')")
        assert noted() == [("", "2026-01-01"), ("c", "infinity"), ("d", "infinity")]
        with connection.cursor() as cursor, cursor.copy("copy attempt_log (source_id, user_id) from stdin") as copy:
            copy.write("copied\te\n")
        assert noted() == [("e", "infinity")]
        connection.execute("update attempt_log set user_id = 'z', completed_at = '2026-02-01Z' where source_id = '2'")
        assert noted() == [("a", "2026-01-05"), ("z", "2026-02-01")]
        connection.execute("update attempt_log set topic_id = 'renamed' where source_id in ('1', '3')")
        assert set(noted()) == {("a", "2026-01-02"), ("b", "2026-01-04")}
        connection.execute("delete from attempt_log where source_id = '3'")
        assert noted() == [("b", "2026-01-04")]
        connection.execute("truncate attempt_log")
        assert noted() == [(None, "-infinity")]  # everybody's
    migrations.downgrade(Warehouse(url), "0011")
    migrations.upgrade(Warehouse(url))
