"""The migration of roles, on a server of its own: roles belong to a whole server, and here there are none yet."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from builders import create_database

from orchestration.settings import read_settings
from orchestration.stack.stack import Stack
from python_models.errors import UsageError
from python_models.warehouse import migrations
from python_models.warehouse.connection import Warehouse

DREAMSEED = Path(sys.executable).parent / "dreamseed"
ROLES = ["dreamseed_publisher", "dreamseed_reader", "dreamseed_writer"]


def server(home):
    stack = Stack(read_settings(dreamseed_home=home, database_url=""))
    yield stack.database_url()
    stack.down()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    yield from server(tmp_path_factory.mktemp("roles"))


@pytest.fixture
def new_server(tmp_path):
    yield from server(tmp_path / "server")


def run(url, query):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else None


def as_user(url, user):
    return url.replace("//postgres:", f"//{user}:", 1)


def roles(url):
    return [name for (name,) in run(url, "select rolname from pg_roles where rolname like 'dreamseed%' order by 1")]


def may(url, role, table, privilege):
    return run(url, f"select has_table_privilege('{role}', '{table}', '{privilege}')")[0][0]


def test_a_user_who_may_not_create_roles_gets_the_sql_for_who_may(own_server):
    """First of all: afterwards the server has the roles."""
    url = create_database(own_server, "strict")
    run(url, "create role migrator login; alter database strict owner to migrator")
    with pytest.raises(UsageError) as refused:
        migrations.upgrade(Warehouse(as_user(url, "migrator")))
    assert "\n" not in str(refused.value) and roles(url) == []
    assert Warehouse(url).revision() == "0016"  # what was done before stays
    run(url, str(refused.value).split("let an administrator run: ")[1].split("; then")[0])
    migrations.upgrade(Warehouse(as_user(url, "migrator")))
    assert roles(url) == ROLES
    assert may(url, "dreamseed_reader", "fit_run", "select") and not may(url, "dreamseed_reader", "fit_run", "insert")


def test_a_user_who_may_not_create_anything_is_refused_in_one_line(own_server):
    url = create_database(own_server, "closed")
    run(url, "create role guest login")
    with pytest.raises(UsageError, match="may not migrate the warehouse: permission denied") as refused:
        migrations.upgrade(Warehouse(as_user(url, "guest")))
    assert "\n" not in str(refused.value)


def test_databases_that_migrate_at_once_share_the_roles(new_server, tmp_path):
    urls = [create_database(new_server, f"together{n}") for n in range(3)]
    running = [subprocess.Popen([DREAMSEED, "init"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=os.environ | {"DREAMSEED_HOME": str(tmp_path / str(n)), "DATABASE_URL": url})
               for n, url in enumerate(urls)]
    for process, url in zip(running, urls, strict=True):
        assert process.wait(120) == 0, process.stdout.read()
        assert may(url, "dreamseed_writer", "survival_risk", "insert")


def test_applications_tables_of_another_owner_need_that_owners_word(own_server):
    url = create_database(own_server, "owned_elsewhere")
    run(url, "create role application login; create role warehouse_owner login; grant dreamseed_writer to "
             "warehouse_owner; alter database owned_elsewhere owner to warehouse_owner")
    run(url, "create table session (id text, user_id text); alter table session owner to application; "
             "create table secrets (x text); alter table secrets owner to application")
    with pytest.raises(UsageError, match="let their owner run: grant select on public.session") as refused:
        migrations.upgrade(Warehouse(as_user(url, "warehouse_owner")))
    run(as_user(url, "application"), str(refused.value).split("let their owner run: ")[1].split("; then")[0])
    migrations.upgrade(Warehouse(as_user(url, "warehouse_owner")))
    assert may(url, "dreamseed_reader", "session", "select") and not may(url, "dreamseed_writer", "session", "insert")
    assert not may(url, "dreamseed_reader", "secrets", "select")


def test_tables_to_come_are_open_to_the_roles_and_a_downgrade_takes_everything_back(own_server):
    url = create_database(own_server, "whole")
    migrations.upgrade(Warehouse(url, "analytics"))
    run(url, "create table analytics.later (x int); set role dreamseed_writer; "
             "create table analytics_fits.mart (x int)")
    assert may(url, "dreamseed_reader", "analytics.later", "select")
    assert may(url, "dreamseed_writer", "analytics.later", "insert")
    assert may(url, "dreamseed_reader", "analytics_fits.mart", "select")
    assert may(url, "dreamseed_publisher", "analytics.later", "select")  # a publisher is a reader
    assert not may(url, "dreamseed_publisher", "analytics.later", "insert")
    assert may(url, "dreamseed_publisher", "analytics.report_artifacts", "insert, update")
    migrations.downgrade(Warehouse(url, "analytics"), "0016")
    for role in ROLES:
        for table in ("later", "fit_run", "report_artifacts"):
            assert not may(url, role, f"analytics.{table}", "select"), (role, table)
    assert run(url, "select pg_get_userbyid(relowner) from pg_class where relname = 'mart'") == [("postgres",)]
    assert run(url, "select count(*) from pg_default_acl") == [(0,)]
    assert run(url, "select to_regnamespace('analytics_staging') is null, to_regnamespace('analytics_fits') is null") \
        == [(True, False)]  # what is not empty stays
    migrations.upgrade(Warehouse(url, "analytics"))
    assert may(url, "dreamseed_reader", "analytics_fits.mart", "select")
