"""COPY out and in, and advisory locks, on a real Postgres."""

import gzip
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from python_models.errors import BusyError, ContractError, NotEstimable
from python_models.fitting.runner import Inputs
from python_models.warehouse import run_log
from python_models.warehouse.connection import Warehouse, advisory_lock, connect
from python_models.warehouse.copy import copy_in, copy_out, read_row
from python_models.warehouse.tables import InputTable, LandingTable, ParameterTable, Relation

LANDING = LandingTable(Relation("public", "survival_risk"), (
    "user_id", "risk_score", "idle_days", "status", "hazard_ratio", "rank_percentile", "contributions", "horizon_days"))
HEADER = "user_id,risk_score,idle_days,status,hazard_ratio,rank_percentile,contributions,horizon_days\n"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def run_id(database_url):
    run = run_log.Run("survival", NOW.date(), {}, "hash", "1", 1)
    with connect(database_url) as connection:
        return run_log.begin(connection, run)


def test_copy_out_is_ordered_gzipped_and_hashes_equal_contents_equally(database_url, tmp_path):
    table = InputTable(Relation("public", "sent"), "rows", ("user_id", "n", "flag"))
    with connect(database_url) as connection:
        connection.execute("create table sent (n double precision, user_id text, flag boolean)")
        connection.execute("""insert into sent values (0.1, 'b', true), (null, 'a,"한국"', false)""")
        rows, first = copy_out(connection, table, tmp_path / "one.csv.gz")
        connection.execute("create table again as select * from sent order by n nulls first")
        _, second = copy_out(connection, InputTable(Relation("public", "again"), "rows", table.columns),
                             tmp_path / "two.csv.gz")
    assert rows == 2 and first == second
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()
    text = gzip.decompress((tmp_path / "one.csv.gz").read_bytes()).decode()
    assert text == 'user_id,n,flag\n"a,""한국""",,f\nb,0.1,t\n'


def test_copy_in_lands_rows_in_any_column_order_under_their_run(database_url, run_id, tmp_path):
    file = tmp_path / "risk.csv"
    file.write_text("risk_score,user_id,idle_days,status,hazard_ratio,rank_percentile,contributions,horizon_days\n"
                    '0.12345678901234567,"Ольга",3,active,1.1,0.5,"[{""feature"": ""accuracy""}]",14\n')
    with connect(database_url) as connection:
        assert copy_in(connection, LANDING, file, run_id, NOW) == 1
        connection.commit()
        row = connection.execute("select run_id, user_id, risk_score, contributions from survival_risk").fetchone()
        counted = connection.execute("select reltuples from pg_class where relname = 'survival_risk'").fetchone()
    assert row == (run_id, "Ольга", 0.12345678901234567, [{"feature": "accuracy"}])
    assert counted == (1,), "the next build plans with the rows that landed"


@pytest.mark.parametrize("line", ["u1,high,3,active,1,0.5,[],14", "u1,0.5,3,active,1,0.5,{,14", "u1,0.5,3",
                                  "u1,0.5,3,active,1,0.5,[],14\nu1,0.5,3,active,1,0.5,[],14"])
def test_a_row_that_does_not_fit_is_one_line_and_lands_nothing(database_url, run_id, tmp_path, line):
    file = tmp_path / "risk.csv"
    file.write_text(HEADER + line + "\n")
    with connect(database_url) as connection:
        with pytest.raises(ContractError, match="survival_risk does not fit") as caught:
            copy_in(connection, LANDING, file, run_id, NOW)
        connection.rollback()
        assert connection.execute("select count(*) from survival_risk").fetchone() == (0,)
    assert "\n" not in str(caught.value)


@contextmanager
def cut_after(seconds, url):
    """Cut all connections to a database after some time: what waits forever fails then."""
    def cut():
        with connect(url, autocommit=True) as connection:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                               "where datname = current_database() and pid <> pg_backend_pid()")

    timer = threading.Timer(seconds, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def test_a_lock_keeps_others_out_and_names_its_holder(database_url):
    with cut_after(20, database_url), connect(database_url, autocommit=True) as one, \
            connect(database_url, autocommit=True) as two:
        with advisory_lock(one, "dreamseed.test", 0) as pid, pytest.raises(BusyError, match=f"backend {pid}"), \
                advisory_lock(two, "dreamseed.test", 0.3):
            pytest.fail("two holders at once")
        with advisory_lock(two, "dreamseed.test", 0):
            pass


def test_locks_of_two_schemas_are_two_and_a_wait_is_logged(database_url, caplog):
    caplog.set_level("INFO", logger="python_models")
    one, other = Warehouse(database_url), Warehouse(database_url, "other")
    with cut_after(20, database_url), one.lock("load", 0) as pid, other.lock("load", 0), one.lock("fit", 0, "a"), \
            one.lock("fit", 0, "b"):
        assert not caplog.messages
        with pytest.raises(BusyError, match=f"dreamseed.load.public is held .*{pid}.*; waited 0.3 s"), \
                one.lock("load", 0.3):
            pytest.fail("two holders at once")
    assert caplog.messages == [f"dreamseed.load.public is held by another process (Postgres backend {pid}); "
                               "waiting up to 0.3 s."]


def test_a_warehouse_does_not_show_its_password():
    assert "canary" not in repr(Warehouse("postgresql://u:canary@db.example/d"))


def test_an_unreachable_database_is_busy_and_one_line():
    with pytest.raises(BusyError) as caught:
        connect("postgresql://nobody@127.0.0.1:1/none")
    assert caught.value.exit_code == 75 and "\n" not in str(caught.value)


def test_stored_parameters_are_one_row_with_json_as_it_is(database_url):
    table = ParameterTable(Relation("public", "stored"), ("model_run_id", "age", "model"))
    with connect(database_url) as connection:
        connection.execute("create table stored (age int, model jsonb, model_run_id text)")
        with pytest.raises(NotEstimable, match="stored has no row"):
            read_row(connection, table)
        connection.execute("""insert into stored values (3, '{"draws": [0.1, 2]}', 'r')""")
        assert read_row(connection, table) == {"model_run_id": "r", "age": 3, "model": {"draws": [0.1, 2]}}
        connection.execute("insert into stored select * from stored")
        with pytest.raises(ContractError, match="more than one row"):
            read_row(connection, table)


def test_what_identifies_a_stored_model_is_logged_and_the_model_itself_is_not():
    inputs = Inputs({}, 0, {"model_run_id": "r", "age": 3, "model": {"a": 1}, "list": [1]}, "hash")
    assert inputs.loggable() == {"model_run_id": "r", "age": 3}
