"""One build at a time: a dbt started by hand, a second one and `dreamseed build`, in every order."""

from contextlib import contextmanager

import psycopg
import pytest
from small_school import SmallSchool

from python_models.errors import BusyError
from python_models.warehouse.connection import Warehouse

MODEL = ("--select", "stg_app__students")  # a view: what is built does not matter here
LEASES = "select invocation_id from build_lease"


@pytest.fixture
def warehouse(school: SmallSchool) -> Warehouse:
    return Warehouse(school.url)


def another_dbt(school: SmallSchool, seconds: int) -> None:
    """Another invocation by hand, whose lease ends in so many seconds (ended so long ago, if negative)."""
    school.run("insert into build_lease values ('public', 'other', 'dbt run', 'ada@10.0.0.9', "
               f"'2026-06-28 01:02:03+00', clock_timestamp() + interval '{seconds} seconds')")


@contextmanager
def a_model_that_runs(school: SmallSchool):
    """What the transaction of a model holds while it runs."""
    with psycopg.connect(school.url) as connection:
        connection.execute("select pg_advisory_xact_lock_shared(hashtextextended('dreamseed.build.public', 0))")
        yield


def test_a_build_by_hand_gives_its_lease_back_whatever_happens(school):
    school.macros = {"mark_built": "{% macro mark_built() %}"
                     "create table seen as select invocation_id, command from build_lease{% endmacro %}"}
    assert school.dbt("run", *MODEL), school.printed
    assert [command for _, command in school.run("select * from seen")] == ["dbt run"]
    assert school.run(LEASES) == []
    assert not school.dbt("run", *MODEL)  # the table is there
    assert school.run(LEASES) == []
    assert not school.dbt("run", "--empty", *MODEL) and "--empty would empty" in school.printed
    assert school.run(LEASES) == []


def test_the_second_of_two_dbts_is_refused_in_one_line(school):
    another_dbt(school, 3600)
    for command in ("run", "test"):
        assert not school.dbt(command, *MODEL, LOCK_WAIT_SECS="0")
        assert ("`dbt run` of ada@10.0.0.9, started at 2026-06-28 01:02:03 UTC, is writing to schema 'public' "
                "(waited 0 s). Fix: try again when it has ended, or raise LOCK_WAIT_SECS") in school.printed
        assert "macro" not in school.printed
    assert school.run(LEASES) == [("other",)]
    assert school.dbt("run", "--select", "stg_app__classrooms", LOCK_WAIT_SECS="0", DBT_SCHEMA="dev"), school.printed


def test_a_dbt_by_hand_waits_for_the_readers_of_a_table_only_so_long(school):
    school.build()
    with psycopg.connect(school.url) as reader:
        reader.execute("select from churn_alert")
        assert not school.dbt("run", "--select", "churn_alert", LOCK_WAIT_SECS="1", PGOPTIONS="")
    assert "canceling statement due to lock timeout" in school.printed
    assert school.dbt("run", "--select", "churn_alert", LOCK_WAIT_SECS="1", PGOPTIONS=""), school.printed


def test_the_second_of_two_dbts_waits(school):
    another_dbt(school, 2)
    assert school.dbt("run", *MODEL, LOCK_WAIT_SECS="30"), school.printed
    assert school.run(LEASES) == []


def test_a_lease_that_nobody_renewed_keeps_nobody_waiting(school, warehouse):
    another_dbt(school, -1)
    assert school.dbt("run", *MODEL, LOCK_WAIT_SECS="0"), school.printed
    another_dbt(school, -1)
    with warehouse.lock("build", 0):
        assert school.run(LEASES) == []


def test_a_model_that_takes_longer_than_a_lease_lives_keeps_the_lock(school, warehouse):
    another_dbt(school, -1)
    with a_model_that_runs(school):
        assert not school.dbt("run", *MODEL, LOCK_WAIT_SECS="0")
        assert "is writing to schema" in school.printed
        with pytest.raises(BusyError, match="`dbt run` of ada"), warehouse.lock("build", 0):
            pytest.fail("two builds at once")
    assert school.run(LEASES) == [("other",)]


def test_dreamseed_build_waits_for_a_dbt_by_hand_and_names_it(school, warehouse):
    another_dbt(school, 3600)
    with pytest.raises(BusyError, match="`dbt run` of ada@10.0.0.9, started at 2026-06-28"), warehouse.lock("build", 0):
        pytest.fail("two builds at once")
    school.run("update build_lease set expires_at = clock_timestamp() + interval '1 second'")
    school.build(*MODEL)


def test_a_dbt_by_hand_waits_for_dreamseed_build_and_names_it(school, warehouse):
    with warehouse.lock("build", 0) as pid:
        assert not school.dbt("run", *MODEL, LOCK_WAIT_SECS="0")
        assert f"A build (database process {pid}) is writing to schema 'public'" in school.printed
        assert school.dbt("run", *MODEL, LOCK_WAIT_SECS="0", DREAMSEED_BUILD_LOCK_PID=str(pid)), school.printed
        assert school.run(LEASES) == []


@pytest.mark.parametrize("command", [("run",), ("build", "--exclude-resource-type", "unit_test")], ids=" ".join)
def test_a_build_that_lost_its_lease_writes_nothing_more(school, command):
    school.macros = {"plan_build": "{% macro plan_build() %}{% do run_query("
                     "\"update build_lease set invocation_id = 'other'; commit\") %}{% endmacro %}"}
    before = school.rows()
    assert not school.dbt(*command, "--select", "attempt")
    assert "Another build has taken over schema 'public'" in school.printed
    assert "dbt retry" in school.printed and "macro" not in school.printed
    assert school.rows() == before
    assert school.run(LEASES) == [("other",)]


def test_a_clone_asks_for_each_model_whether_a_build_is_running(school, warehouse):
    state = school.home / "production"
    assert school.dbt("parse", DBT_TARGET_PATH=str(state))
    clone = ("clone", "--state", str(state), "--select", "features_topic_daily", "attempt")
    another_dbt(school, 3600)
    school.run("update build_lease set schema_name = 'dev'")
    assert not school.dbt(*clone, DBT_SCHEMA="dev")
    assert "A build is writing to schema 'dev'" in school.printed
    school.run("delete from build_lease")
    assert school.dbt(*clone, DBT_SCHEMA="dev"), school.printed
