"""Erasing a learner: nothing that names them is left, and nothing else is touched."""

import psycopg
import pytest
from builders import create_database
from psycopg import sql

from python_models.errors import DreamseedError, UsageError
from python_models.warehouse.connection import connect
from python_models.warehouse.erasure import MARK, erase
from python_models.warehouse.tables import Relation

CANARY = "canary-7f3a.Ω'\"\\x"  # everything that quoting and patterns can stumble over
OWNED = {Relation("public", name) for name in ("answers", "runs", "metas", "Odd Name")}


@pytest.fixture
def warehouse(server_url):
    """Tables of every kind, in each of the warehouse's schemas, beside one of an application."""
    url = create_database(server_url, "erasure")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            create schema public_staging; create schema public_fits; create schema truth;
            create table answers (user_id text, student_id uuid, item_id text, raw jsonb, n int);
            create table runs (run_id text primary key, error text, params jsonb);
            create table metas (run_id text references runs, plain json, words varchar(200));
            create table "Odd Name" ("user_id" varchar, "a ""b" text);
            create table public_staging.days (user_id text, day date);
            create table public_fits.input (student_id uuid, x int);
            create table session (id text, user_id text, note text);
            create view everyone as select user_id from answers;
            create table truth.learner (user_id text)""")
    return url


def run(url, query, *values):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else None


def student(url, user):
    return run(url, "select md5(%s)::uuid", user)[0][0]


def mentions(url, needle):
    """Search every text and JSON column of every table by brute force; return {table.column: rows}."""
    found = {}
    with psycopg.connect(url) as connection:
        columns = connection.execute("""
            select table_schema, table_name, column_name from information_schema.columns
            join information_schema.tables using (table_schema, table_name)
            where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema', 'truth')
                and data_type in ('text', 'character varying', 'json', 'jsonb', 'uuid')""").fetchall()
        for schema, table, column in columns:
            rows = connection.execute(sql.SQL("select {0}::text, to_json({0}) #>> '{{}}' from {1}").format(
                sql.Identifier(column), sql.Identifier(schema, table))).fetchall()
            escaped = needle.replace("\\", "\\\\").replace('"', '\\"')
            n = sum(any(needle in (cell or "") or escaped in (cell or "") for cell in row) for row in rows)
            if n:
                found[f"{schema}.{table}.{column}"] = n
    return found


def erased(url, user):
    with connect(url) as connection:
        return erase(connection, user, "public", OWNED)


def fill(url, user):
    run(url, """
        with learner as (select %s::text as id)
        insert into answers select id, md5(id)::uuid, 'i1', null, 1 from learner
        union all select null, null, 'i2', jsonb_build_object('who', id), 2 from learner
        union all select 'other', md5('other')::uuid, 'i3', jsonb_build_object('mates', jsonb_build_array(id, 'x')), 3
        from learner""", user)
    run(url, "insert into runs values ('r1', 'learner ' || %s || ', at row 5' || chr(10) || %s, %s)", user, user,
        psycopg.types.json.Jsonb({user: ["a\n" + user, {"k": user}], "kept": 1}))
    run(url, "insert into metas values ('r1', %s, 'about ' || %s)", psycopg.types.json.Json({"x": "a " + user}), user)
    run(url, 'insert into "Odd Name" values (%s, %s), (\'other\', %s)', user, user, user)
    run(url, "insert into public_staging.days values (%s, '2026-01-01'), ('other', '2026-01-01')", user)
    run(url, "insert into public_fits.input values (md5(%s)::uuid, 1), (md5('other')::uuid, 2)", user)


def test_a_canary_is_found_nowhere_afterwards(warehouse):
    fill(warehouse, CANARY)
    assert len(mentions(warehouse, CANARY)) >= 8  # else this test would prove nothing
    done = erased(warehouse, CANARY)
    assert mentions(warehouse, CANARY) == {} and mentions(warehouse, str(student(warehouse, CANARY))) == {}
    assert done.deleted["public.answers"] == 2 and done.marked["public.answers"] == 1
    assert done.deleted["public_staging.days"] == done.deleted["public_fits.input"] == 1
    assert done.marked["public.runs"] == 1 and done.held_elsewhere == {}


def test_what_is_not_the_learners_stays(warehouse):
    fill(warehouse, CANARY)
    erased(warehouse, CANARY)
    assert run(warehouse, "select user_id, item_id, raw from answers") == [("other", "i3", {"mates": [MARK, "x"]})]
    assert run(warehouse, "select run_id, error, params from runs") == [
        ("r1", f"learner {MARK}, at row 5\n{MARK}", {MARK: [f"a\n{MARK}", {"k": MARK}], "kept": 1})]
    assert run(warehouse, "select user_id from public_staging.days") == [("other",)]
    assert run(warehouse, "select count(*) from public_fits.input") == [(1,)]


def test_a_short_id_touches_no_other_learner_and_no_item_of_the_same_name(warehouse):
    run(warehouse, """insert into answers values ('17', md5('17')::uuid, 'a', null, 1),
        ('4', md5('4')::uuid, '17', '{"score": 17, "said": "17 times"}', 2), (null, null, 'b', '{"user_id": 17}', 3),
        (null, null, 'c', '{"user_id": 171}', 4)""")
    run(warehouse, "insert into runs values ('r1', '17 rows', '{}')")
    erased(warehouse, "17")
    assert run(warehouse, "select n from answers order by n") == [(2,), (4,)]
    assert run(warehouse, "select item_id, raw from answers where n = 2") == [
        ("17", {"score": 17, "said": "17 times"})]
    assert run(warehouse, "select error from runs") == [("17 rows",)]


def test_a_longer_id_that_contains_it_is_somebody_else(warehouse):
    run(warehouse, "insert into answers values ('learner-12', null, 'a', null, 1), ('learner-123', null, 'a', null, 2)")
    run(warehouse, "insert into runs values ('r1', 'learner-123 has no answers', '{}')")
    erased(warehouse, "learner-12")
    assert run(warehouse, "select user_id from answers") == [("learner-123",)]
    assert run(warehouse, "select error from runs") == [("learner-123 has no answers",)]


def test_an_id_that_is_a_uuid_is_its_own_student_id(warehouse):
    user = "8f14e45f-ceea-4671-9c1b-2f3a5d6e7f80"
    run(warehouse, "insert into public_fits.input values (%s, 1)", user)
    assert erased(warehouse, user).deleted["public_fits.input"] == 1


@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_an_id_that_is_a_uuid_is_erased_in_upper_and_lower_case(warehouse, spelled):
    user = "8f14e45f-ceea-4671-9C1B-2f3a5d6e7f80"
    fill(warehouse, user)
    erased(warehouse, spelled(user))
    assert mentions(warehouse, user) == mentions(warehouse, user.lower()) == {}
    assert run(warehouse, "select params from runs")[0][0][MARK][1] == {"k": MARK}


def test_tables_that_are_not_ours_are_only_read_and_reported(warehouse):
    run(warehouse, "insert into session values ('s1', %s, ''), ('s2', 'other', 'with ' || %s), ('s3', 'other', '')",
        CANARY, CANARY)
    assert erased(warehouse, CANARY).held_elsewhere == {"public.session": 2}
    assert run(warehouse, "select count(*) from session") == [(3,)]


def test_done_is_not_said_while_a_row_is_left(warehouse):
    """A trigger of somebody's that keeps rows: everything is as it was, and the error names the table."""
    fill(warehouse, CANARY)
    run(warehouse, "create function keep() returns trigger language plpgsql as 'begin return null; end'")
    run(warehouse, "create trigger kept before delete on public_staging.days for each row execute function keep()")
    before = mentions(warehouse, CANARY)
    with pytest.raises(DreamseedError, match=r"public_staging\.days \(1\)"):
        erased(warehouse, CANARY)
    assert mentions(warehouse, CANARY) == before


def test_an_empty_id_is_refused(warehouse):
    with pytest.raises(UsageError):
        erased(warehouse, "  ")
