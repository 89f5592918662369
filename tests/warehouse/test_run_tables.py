"""What `dreamseed runs FIT` shows of a run: whatever its source declares, readable in a narrow terminal."""

import io

import pytest
from rich.console import Console

from orchestration import terminal
from orchestration.cli import run_tables
from orchestration.graph.manifest import Manifest, ShownTable
from python_models.warehouse.connection import connect
from python_models.warehouse.tables import Relation

RECORDS = [{"day": 14, "auc": 0.78652336, "note": None}, {"day": 28, "auc": 0.74, "note": "few"}]


def part(path=("facts", "checks"), one_column_each=False):
    return ShownTable(Relation("public", "told"), "Checks", path, {"day": "day", "AUC": "auc", "why": "note"},
                      one_column_each)


@pytest.fixture
def screen(monkeypatch):
    screen = Console(file=io.StringIO(), width=80, highlight=False)
    monkeypatch.setattr(terminal, "out", screen)
    return screen


def test_records_are_rows_or_stand_side_by_side():
    assert run_tables.layout(part(), RECORDS) == (["day", "AUC", "why"], [[14, 0.787, None], [28, 0.74, "few"]])
    assert run_tables.layout(part(one_column_each=True), RECORDS) == (
        ["day", "14", "28"], [["AUC", 0.787, 0.74], ["why", None, "few"]])


def test_keys_joined_by_dots_lead_into_a_record():
    nested = ShownTable(Relation("public", "told"), "Centres", ("centers",), {"n": "n", "visits": "typical.sessions"},
                        one_column_each=False)
    records = [{"n": 3, "typical": {"sessions": 4.5678}}, {"n": 4, "typical": {}}, {"n": 5, "typical": None}]
    assert run_tables.layout(nested, records)[1] == [[3, 4.57], [4, None], [5, None]]


def test_the_newest_run_that_landed_is_shown_as_declared(database_url, screen):
    runs = [{"run_id": "c", "status": "failed"}, {"run_id": "b", "status": "rejected"},
            {"run_id": "a", "status": "published"}]
    with connect(database_url) as connection:
        connection.execute("create table told (run_id text, facts jsonb)")
        connection.execute("""insert into told values ('a', '{"checks": [{"day": 99}]}'),
            ('b', '{"checks": {"day": 14, "auc": 0.5, "note": "one record is a row too"}}')""")
        parts = [part(), part(path=("facts", "absent"))]
        run_tables.print_newest(connection, parts, runs)
    shown = screen.file.getvalue()
    assert "Of run b" in shown and "one record is a row too" in shown
    assert "99" not in shown and shown.count("Checks") == 1


def test_a_run_with_a_row_each_for_its_parts_shows_them_all_in_order(database_url, screen):
    with connect(database_url) as connection:
        connection.execute("create table told (run_id text, facts jsonb)")
        connection.execute("""insert into told values ('a', '{"checks": {"day": 2, "note": "second"}}'), ('a', null),
            ('a', '{"checks": {"day": 1, "note": "first"}}')""")
        run_tables.print_newest(connection, [part()], [{"run_id": "a", "status": "published"}])
    shown = screen.file.getvalue()
    assert 0 < shown.index("first") < shown.index("second")


def test_without_a_landed_run_or_a_declaration_nothing_is_said(database_url, screen):
    with connect(database_url) as connection:
        run_tables.print_newest(connection, [part()], [{"run_id": "c", "status": "failed"}])
        run_tables.print_newest(connection, [], [{"run_id": "a", "status": "published"}])
    assert not screen.file.getvalue()


def test_the_manifest_gives_what_a_source_declares():
    shown = {"title": "T", "path": ["facts", "x"], "fields": {"A": "a"}}
    source = {"source_name": "speed", "name": "speed_meta", "schema": "public", "identifier": "speed_meta",
              "config": {"meta": {"shown_of_a_run": [shown, shown | {"one_column_each": True}]}}}
    found = Manifest({"sources": {"s": source, "o": source | {"source_name": "other"}}}).shown_of_a_run("speed")
    assert found == [ShownTable(Relation("public", "speed_meta"), "T", ("facts", "x"), {"A": "a"}, side)
                     for side in (False, True)]
