"""Readers beside a build: those of released marts never wait, and a build waits for others only so long."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from builders import AS_OF
from psycopg import sql
from released_marts import built_again, dreamseed, execute, marts

from python_models.warehouse import releases


@pytest.fixture(scope="module")
def school(small_school):
    """The small school after its job, which ended with a release."""
    return small_school


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
    url, seen, done = school.database_url, set(), threading.Event()
    before = tuple(sorted(marts(url).items()))
    failures = []

    def poll():
        try:
            while not done.wait(0.02):
                with school.warehouse.connect_released() as connection:
                    connection.execute("set lock_timeout = '1s'")
                    release = releases.require_shown(connection).release_id
                    content = connection.execute("""
                        select (select count(*) from churn_alert), (select sum(hashtextextended(t::text, 0))
                            from weekly_kpi_flat as t), (select sum(attempts) from learner_daily),
                            (select count(*) from report_topic)""").fetchone()
                seen.add((release, content))
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
