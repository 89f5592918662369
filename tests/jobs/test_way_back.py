"""The ways back of the runbook on a warehouse that dbt built: `dreamseed rollback` and `alembic downgrade`.

METRICS_USE_BAYESIAN=false is in test_growth.py, suspended jobs in tests/cluster/scripts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from builders import AS_OF, NO_TESTS
from commands import dreamseed

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR
from python_models.errors import DreamseedError, UsageError
from python_models.warehouse import migrations, revisions
from python_models.warehouse.connection import Warehouse


@pytest.fixture
def built(templates, request) -> str:
    """A copy of the small school, views and all."""
    return templates.copy(templates.small_school()[0], f"down_{abs(hash(request.node.name)):x}")


def run(url, *arguments):
    return dreamseed(*arguments, environment={"DATABASE_URL": url, "DREAMSEED_HOME": os.environ["DREAMSEED_HOME"]})


def alembic(url, *arguments):
    return subprocess.run([Path(sys.executable).parent / "alembic", *arguments], cwd=PROJECT_DIR, text=True,
                          env=os.environ | {"DATABASE_URL": url}, capture_output=True, check=False)


def relations(url) -> set[tuple[str, str, str]]:
    with psycopg.connect(url) as connection:
        return set(connection.execute("""
            select table_schema, table_name, table_type from information_schema.tables
            where table_schema in ('public', 'public_staging', 'public_fits')""").fetchall())


def previous_revision() -> str:
    return sorted(file.name for file in Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))[-2][:4]


def test_one_step_down_and_up_again_by_the_commands_of_the_runbook(built):
    down = alembic(built, "downgrade", "-1")
    assert down.returncode == 0 and f"revision {revisions.head()} -> {previous_revision()}" in down.stdout, down.stderr
    assert Warehouse(built).revision() == previous_revision()
    with pytest.raises(UsageError, match=f"at revision {previous_revision()}, this code needs.*run `dreamseed init`"):
        Warehouse(built).require_tables()
    init = run(built, "init")
    assert init.returncode == 0, init.stderr
    Warehouse(built).require_tables()


def test_every_step_to_the_bottom_and_up_again_and_the_next_build_restores_all(built, settings_for):
    before = relations(built)
    dropped = []
    while (revision := Warehouse(built).revision()) is not None:
        migrations.downgrade(Warehouse(built), "-1")
        dropped.append(revision)
    assert dropped[0] == revisions.head() and dropped[-1] == "0001"
    assert ("public_fits", "stg_survival__risks", "VIEW") in before - relations(built)
    pipeline = Pipeline(settings_for(built))
    pipeline.init()
    pipeline.build("all", NO_TESTS, AS_OF)
    assert relations(built) == before
    with psycopg.connect(built) as connection:
        assert connection.execute("select count(*) from survival_risk").fetchone() == (0,)
        sources = connection.execute("select distinct kpis ->> 'S_source' from weekly_kpi").fetchall()
    assert ("survival",) not in sources and ("heuristic",) in sources


def test_a_view_that_dbt_did_not_build_is_never_dropped(built):
    with psycopg.connect(built) as connection:
        connection.execute("create schema reporting")
        connection.execute("create view reporting.risky as select user_id from public_fits.stg_survival__risks")
        connection.execute("create view reporting.shown as select user_id from public_released.churn_alert")
    for aim in ("0003", "0018"):
        done = alembic(built, "downgrade", aim)
        assert done.returncode != 0 and "Traceback" not in done.stderr
        assert "FAILED: reporting.risky (not built by dbt) reads" in done.stderr + done.stdout
    with pytest.raises(DreamseedError, match="reporting.risky"):
        migrations.downgrade(Warehouse(built), "base")
    with psycopg.connect(built) as connection:
        assert connection.execute("select count(*) > 0 from reporting.risky").fetchone() == (True,)
        connection.execute("drop view reporting.risky")
    done = alembic(built, "downgrade", "0018")
    assert done.returncode != 0 and "FAILED: reporting.shown (not built by dbt) reads" in done.stderr + done.stdout


def test_tables_of_newer_code_are_reported_and_left_alone(database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute(f"update {revisions.VERSION_TABLE} set version_num = '9999'")
    line = f"at revision 9999.*alembic downgrade {revisions.head()}"
    with pytest.raises(UsageError, match=line):
        Warehouse(database_url).require_tables()
    with pytest.raises(UsageError, match=line):
        migrations.upgrade(Warehouse(database_url))


@pytest.mark.parametrize(("url", "words"), [
    ("mysql://localhost/x", "DATABASE_URL is not a Postgres URL."),
    ("postgresql://nobody@127.0.0.1:1/x", "The database refused: ")])
def test_a_database_that_is_not_there_is_one_line(url, words):
    done = alembic(url, "downgrade", "-1")
    assert done.returncode != 0 and words in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_rollback_withdraws_the_run_and_rebuilds_what_reads_it(built):
    def segments():
        with psycopg.connect(built) as connection:
            return connection.execute("select count(*) from user_segment").fetchone()[0]

    assert segments() > 0
    done = run(built, "rollback", "segments", "--as-of", AS_OF.isoformat())
    assert done.returncode == 0 and "Current: no run" in done.stdout, done.stderr
    assert segments() == 0
