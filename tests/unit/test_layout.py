"""Tables in a narrow terminal: every word stays whole, whatever the width."""

import io
import random
import re

import pytest
from rich.console import Console

from orchestration import terminal
from orchestration.layout import records, table_of

RUN_ID = "idle_growth-20171231-4f41b605c2-1"
COLUMNS = ["run", "status", "as of", "in", "gates", "error"]
ROWS = [[RUN_ID, "published", "2017-12-31", "1,234,567", "brier_skill 0.21\nn_returns 2,780", ""],
        ["survival-20171231-8a51b605c2-12", "failed", "2017-12-31", "12", "", f"no table {RUN_ID} here, " * 3]]


def printed(monkeypatch, width, *table):
    screen = Console(file=io.StringIO(), highlight=False, emoji=False, soft_wrap=True)
    monkeypatch.setattr(terminal, "out", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    terminal.print_table(*table)
    return screen.file.getvalue()


def words_of(rows):
    return [word for row in rows for cell in row for word in str(cell).replace(",", " ").split()]


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 100, 120, 200])
def test_no_word_is_broken_at_any_width(monkeypatch, width):
    shown = printed(monkeypatch, width, "Runs", COLUMNS, ROWS)
    for word in words_of(ROWS):
        assert word in shown.replace(",", " "), word
    assert max(map(len, shown.splitlines())) <= max(width, 8 + len("brier_skill") + len(RUN_ID))


def test_random_tables_keep_their_words_and_lines_keep_the_width(monkeypatch):
    chance = random.Random(5)
    for _ in range(200):
        rows = [[" ".join("x" * chance.randint(1, 30) for _ in range(chance.randint(0, 8)))
                 for _ in range(5)] for _ in range(chance.randint(1, 4))]
        width = chance.randint(30, 150)
        shown = printed(monkeypatch, width, "", list("abcde"), rows)
        for word in words_of(rows):
            assert re.search(rf"(?<!x){word}(?!x)", shown)
        longest_head = max(len(row[0]) for row in rows)
        assert max(map(len, shown.splitlines()), default=0) <= max(width, 2 + longest_head, 8 + 2 + 30)


def test_cells_of_blanks_and_empty_lines_are_shown_as_nothing(monkeypatch):
    shown = printed(monkeypatch, 30, "", ["id", "a", "b", "c"], [["", " ", "\n", "x" * 40], ["1", "\ny\n", "", " "]])
    assert shown == "id\n" + "    c " + "x" * 40 + "\nid 1\n    a y\n"


def test_a_table_that_fits_is_a_table_and_one_that_does_not_is_records():
    assert table_of("", COLUMNS, ROWS, [False] * 6, 200) is not None
    assert table_of("", COLUMNS, ROWS, [False] * 6, 80) is None
    lines = list(records(COLUMNS, ROWS, 80))
    assert lines[:3] == [f"run {RUN_ID}", "    status published · as of 2017-12-31 · in 1,234,567",
                         "    gates brier_skill 0.21, n_returns 2,780"]


def test_an_empty_table_says_so(monkeypatch):
    assert printed(monkeypatch, 80, "Pruned", ["fit"], []) == "Pruned: none.\n"


def test_an_id_with_colons_or_brackets_stays_what_it_is(monkeypatch):
    shown = printed(monkeypatch, 80, "", ["topic"], [["topic:a:"], ["a::b"], ["[red]x[/]"]])
    assert "topic:a:" in shown and "a::b" in shown and "[red]x[/]" in shown
