"""What `dreamseed runs FIT` shows of a run: the fit's summary views, readable in a narrow terminal."""

import io

import pytest
from rich.console import Console

from orchestration import terminal
from orchestration.cli import run_tables
from orchestration.graph.manifest import Manifest
from python_models.warehouse.connection import connect
from python_models.warehouse.tables import Relation

CHECKS = Relation("public", "speed_run_summary")
COLUMNS = ["day", "auc", "note"]


@pytest.fixture
def screen(monkeypatch):
    screen = Console(file=io.StringIO(), width=80, highlight=False)
    monkeypatch.setattr(terminal, "out", screen)
    return screen


def test_a_table_that_is_wider_than_long_is_turned():
    rows = [(14, 0.78652336, None), (28, 0.74, "few")]
    assert run_tables.layout(COLUMNS, rows) == (["day", "14", "28"], [["auc", 0.787, 0.74], ["note", None, "few"]])
    rows.append((56, 0.7, ""))
    assert run_tables.layout(COLUMNS, rows) == (COLUMNS, [[14, 0.787, None], [28, 0.74, "few"], [56, 0.7, ""]])


def test_the_newest_run_that_landed_is_shown_in_order(database_url, screen):
    runs = [{"run_id": "c", "status": "failed"}, {"run_id": "b", "status": "rejected"},
            {"run_id": "a", "status": "published"}]
    with connect(database_url) as connection:
        connection.execute("create table speed_run_summary (run_id text, day integer, auc float, note text)")
        connection.execute("""insert into speed_run_summary values
            ('a', 99, 0.5, 'of another run'), ('b', 14, 0.5, 'second'), ('b', 7, 0.4, 'first')""")
        run_tables.print_newest(run_tables.summaries(connection, [CHECKS, Relation("public", "not_built_yet")], runs))
    shown = screen.file.getvalue()
    assert "speed_run_summary of b" in shown and "run_id" not in shown and "another" not in shown
    assert 0 < shown.index("first") < shown.index("second")


def test_without_a_landed_run_or_a_row_nothing_is_shown(database_url, screen):
    with connect(database_url) as connection:
        connection.execute("create table speed_run_summary (run_id text, day integer, auc float)")
        run_tables.print_newest(run_tables.summaries(connection, [CHECKS], [{"run_id": "c", "status": "failed"}]))
        run_tables.print_newest(run_tables.summaries(connection, [CHECKS], [{"run_id": "a", "status": "published"}]))
    assert not screen.file.getvalue()


def test_the_manifest_finds_the_summaries_of_a_fit_by_their_names():
    names = ["speed_run_summary__parts", "speed_run_summary", "speed_input", "high_speed_run_summary"]
    nodes = {name: {"resource_type": "model", "name": name, "schema": "public"} for name in names}
    found = Manifest({"nodes": nodes}).run_summaries("speed")
    assert [relation.name for relation in found] == ["speed_run_summary", "speed_run_summary__parts"]
