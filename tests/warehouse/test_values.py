"""What `sql --json` and `sql --csv` print, compared with Postgres's own `to_jsonb` for each type of value."""

import csv
import io
import json
from decimal import Decimal

import pytest
from commands import dreamseed

from orchestration.cli.values import csv_cell, json_text, read_exactly, write_csv
from python_models.warehouse.connection import connect

VALUES = """
    1::smallint | 2147483648::bigint | -0.5::real | 1e300::double precision | '-0'::double precision
    1.50::numeric | 12345678901234567890.123456789::numeric | 'NaN'::numeric | 'Infinity'::numeric
    'NaN'::double precision | '-Infinity'::real | true | false | null::integer | null::jsonb | 'a"b\\c, d'::text
    E'two\\nlines'::text | ''::text | 'x'::char(3) | 'n'::name | '널 🙂'::text | 'true'::text
    '{"E_t": null, "a": [1, 2.50, 1e400], "b": {}}'::jsonb | '"text"'::jsonb | 'null'::jsonb | 'true'::jsonb
    '[]'::jsonb | '12345678901234567890.5'::jsonb | '{"a": 1}'::json | date '2026-01-02' | date 'infinity'
    date '0044-03-15 BC' | date '20000-01-01' | timestamp '2026-01-02 03:04:05.678901' | timestamp '-infinity'
    timestamptz '2026-01-02 03:04:05+00' | timestamptz '0044-03-15 12:00+00 BC' | time '12:30:01.5'
    timetz '12:30+02' | interval '1 month 2 days 3 hours' | interval '-1 second' | '\\xdeadbeef'::bytea
    ''::bytea | '00000000-0000-0000-0000-00000000000a'::uuid | int4range(1, 5) | numrange(null, 1.5, '[]')
    'empty'::int8range | daterange('2026-01-01', null) | '{[1,2),[5,6)}'::int4multirange
    tstzrange('2026-01-01+00', null) | array[1, 2, null] | array[[1, 2], [3, 4]] | '{}'::integer[]
    array[true, null] | array['a,b', '"q"', 'null'] | array[1.50, 2]::numeric[] | array['NaN'::double precision]
    array[date 'infinity'] | array[timestamptz '2026-01-02 03:04:05+00'] | array['{"a": null}'::jsonb]
    array[interval '1 month'] | array['\\x00'::bytea] | '10.0.0.1/8'::inet | '10.0.0.0/8'::cidr
    '08:00:2b:01:02:03'::macaddr | '(1,2)'::point | 12.5::money | 'a b'::tsvector | b'101' | 'pg_class'::regclass
    '$.a'::jsonpath
"""
EXPRESSIONS = [text.strip() for line in VALUES.strip().splitlines() for text in line.split(" | ")]


def exact(text):
    return json.loads(text, parse_float=Decimal)


@pytest.fixture
def connection(database_url):
    with connect(database_url) as connection:
        read_exactly(connection)
        yield connection


def same(mine, theirs, expression):
    """A time's zeros may differ, and one that Python does not know is as Postgres prints it; nothing else may."""
    if "timestamp" in expression and isinstance(mine, str):
        mine, theirs = (text.replace("T", " ").replace("+00:00", "+00").rstrip("0") for text in (mine, theirs))
    return mine == theirs


def test_json_is_what_postgres_makes_of_each_value(connection):
    wrong = []
    for expression in EXPRESSIONS:
        value, theirs = connection.execute(f"select {expression}, to_jsonb({expression})::text").fetchone()
        expected = None if theirs is None else exact(theirs)
        if not same(exact(json_text(value)), expected, expression):
            wrong.append(f"{expression}: {json_text(value)}, Postgres: {theirs}")
    assert not wrong, "\n".join(wrong)


def test_a_cell_of_csv_is_the_text_itself_or_json(connection):
    for expression in EXPRESSIONS:
        value, theirs, is_json = connection.execute(
            f"select {expression}, to_jsonb({expression})::text, pg_typeof({expression})::text ~ 'json|\\[\\]'"
        ).fetchone()
        back = csv_cell(value)
        if theirs is None:
            assert back == ""
        elif is_json and "jsonpath" not in expression:
            assert exact(back) == exact(theirs), expression
        else:
            found = exact(theirs)
            assert same(back, found, expression) if isinstance(found, str) else exact(back) == found, expression


def test_rows_of_csv_come_back_as_they_were():
    file = io.StringIO()
    rows = [["a\rb", "c\nd", 'e"f', "g,h", "\r\n"], ["", " x ", "널", "1", "\r"]]
    write_csv(["1", "2", "3", "4", "5"], rows, file)
    assert list(csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True))[1:] == rows
    assert file.getvalue().startswith("1,2,3,4,5\n")


def test_a_value_of_an_unknown_type_is_refused():
    with pytest.raises(TypeError, match="set has no form in JSON"):
        json_text({1, 2})


def test_sql_prints_one_document_and_refuses_a_name_that_comes_twice(database_url, tmp_path):
    def ask(query, *options):
        return dreamseed("sql", query, *options, environment={"DATABASE_URL": database_url,
                                                              "DREAMSEED_HOME": str(tmp_path)})

    done = ask("select 1.5 as a, '{\"E_t\": null}'::jsonb as kpis, array[1, 2] as list, true as yes, "
               "null as nothing", "--json")
    assert json.loads(done.stdout) == {"command": "sql", "exit_code": 0, "error": None, "result": {
        "columns": ["a", "kpis", "list", "yes", "nothing"],
        "rows": [{"a": 1.5, "kpis": {"E_t": None}, "list": [1, 2], "yes": True, "nothing": None}]}}
    twice = ask("select 1 as a, 2 as a", "--json")
    assert twice.returncode == 2 and json.loads(twice.stdout)["error"]["fix"] == "name the columns with `as`."
    wrong = ask("selekt", "--json")
    assert wrong.returncode == 2 and json.loads(wrong.stdout)["exit_code"] == 2 and wrong.stdout.count("\n") == 1
    assert ask("select '{\"a\": null}'::jsonb as x", "--csv").stdout.splitlines()[1] == '"{""a"": null}"'
