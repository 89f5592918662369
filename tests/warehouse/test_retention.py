"""Pruning: old runs go one by one, and nothing goes that a week or a reader rests on."""

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from python_models.fitting.fit import Fit
from python_models.warehouse import run_log
from python_models.warehouse.connection import connect
from python_models.warehouse.retention import prunable, prune
from python_models.warehouse.tables import LandingTable, Relation

LANDING = ("survival_risk", "survival_fit_meta")
FIT = Fit("survival", "s", "/e", {}, 1.0, (), tuple(LandingTable(Relation("public", t), ()) for t in LANDING))
MONDAY = date(2024, 1, 1)


@pytest.fixture
def warehouse(database_url):
    """Daily runs of three weeks, with one done twice, one rejected, one withdrawn, one failed, one running."""
    days = [(f"day-{n:02}", MONDAY + timedelta(days=n), "published", 0) for n in range(21)]
    extra = [("day-00-first", MONDAY, "published", -1), ("rejected", MONDAY + timedelta(days=6), "rejected", 5),
             ("withdrawn", MONDAY + timedelta(days=27), "withdrawn", 0), ("failed", MONDAY, "failed", 0),
             ("running", MONDAY, "running", 0)]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for run_id, as_of, status, hours in days + extra:
            connection.execute("insert into fit_run (run_id, fit, as_of, status, params, input_hash, service_version, "
                               "started_at) values (%s, 'survival', %s, %s, '{}', 'h', 'v', %s)",
                               [run_id, as_of, status, f"{as_of} {12 + hours}:00+00"])
            if status != "failed":
                for user in ("a", "b"):
                    connection.execute("insert into survival_risk (run_id, fitted_at, user_id) values (%s, now(), %s)",
                                       [run_id, user])
                connection.execute("insert into survival_fit_meta (run_id, fitted_at) values (%s, now())", [run_id])
    return database_url


def pruned(url, before):
    with connect(url) as connection:
        runs = prunable(connection, FIT, before)
        for run in runs:
            prune(connection, FIT, run)
    return {run.run_id: run.rows for run in runs}


def left(url, table="survival_risk"):
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(f"select distinct run_id from {table}")}


def test_of_each_week_the_newest_run_in_force_stays(warehouse):
    gone = pruned(warehouse, MONDAY + timedelta(days=400))
    assert left(warehouse) == left(warehouse, "survival_fit_meta") == {"day-06", "day-13", "day-20", "running"}
    assert gone["day-00-first"] == {"survival_risk": 2, "survival_fit_meta": 1}
    assert {"rejected", "withdrawn"} <= set(gone) and "failed" not in gone


def test_runs_within_the_span_keep_everything(warehouse):
    pruned(warehouse, MONDAY + timedelta(days=7))
    assert {f"day-{n:02}" for n in range(7, 21)} <= left(warehouse) and "day-05" not in left(warehouse)


def test_the_log_keeps_the_run_and_says_it_was_pruned(warehouse):
    pruned(warehouse, MONDAY + timedelta(days=400))
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select count(*), count(pruned_at) from fit_run").fetchone() == (26, 21)
    assert pruned(warehouse, MONDAY + timedelta(days=400)) == {}


def test_a_pruned_run_is_neither_in_force_nor_taken_for_done(warehouse):
    pruned(warehouse, MONDAY + timedelta(days=400))
    with connect(warehouse) as connection:
        rolled = [run_log.rollback(connection, "survival") for _ in range(2)]
        same = run_log.Run("survival", MONDAY + timedelta(days=3), {}, "h", "v", 2)
        assert run_log.same_run(connection, same) is None
    assert rolled == [("day-20", "day-13"), ("day-13", "day-06")]


def test_a_scoring_whose_model_was_withdrawn_does_not_stand_for_its_week(warehouse):
    """The newest scoring of the week used the withdrawn run, so the one before is current and keeps its rows."""
    with psycopg.connect(warehouse, autocommit=True) as connection:
        for run_id, model, day in (("good", "day-20", 22), ("older", "day-19", 21), ("fallen", "withdrawn", 23)):
            connection.execute("insert into fit_run (run_id, fit, as_of, status, params, started_at) values (%s, "
                               "'rescored', %s, 'published', jsonb_build_object('model_run_id', %s::text), now())",
                               [run_id, MONDAY + timedelta(days=day), model])
            connection.execute("insert into survival_risk (run_id, fitted_at, user_id) values (%s, now(), 'a')",
                               [run_id])
    with connect(warehouse) as connection:
        gone = prunable(connection, replace(FIT, name="rescored"), MONDAY + timedelta(days=400))
    assert {run.run_id for run in gone} == {"older", "fallen"}


def test_runs_of_the_release_that_is_shown_and_of_the_one_before_stay(warehouse):
    runs = {"shown": "day-01", "previous": "withdrawn", "removed": "day-02"}
    with psycopg.connect(warehouse, autocommit=True) as connection:
        for number, (state, run_id) in enumerate(runs.items()):
            connection.execute("insert into release values (%s, %s, jsonb_build_object('survival', %s::text), now(), "
                               "'run', %s)", [number, MONDAY, run_id, state])
    pruned(warehouse, MONDAY + timedelta(days=400))
    assert left(warehouse) == {"day-01", "withdrawn", "day-06", "day-13", "day-20", "running"}
