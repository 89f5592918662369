"""The bar of a running fit: one line in a narrow terminal, whatever the fit reports."""

import io
import re
import sys

import pytest
from rich.console import Console

from orchestration import terminal

WIDTH = 72
PROGRESS = {"stage": "comparing with the bank", "done": 60, "total": 100, "iteration": 14, "loglik_change": -0.349,
        "largest_change": 0.00589}


@pytest.fixture
def screen(monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True, width=WIDTH, highlight=False)
    monkeypatch.setattr(terminal, "err", screen)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    return screen


def lines_of(screen):
    return [line for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.file.getvalue()).splitlines() if line.strip()]


def test_the_bar_is_one_line_that_cuts_the_facts_only(screen):
    with terminal.job_progress("irt") as show:
        show({"state": "running", "progress": PROGRESS})
    shown = [line for line in lines_of(screen) if "comparing" in line]
    assert shown
    for line in shown:
        assert len(line.strip("\r\n")) <= WIDTH
        assert re.search(r"irt: comparing with the bank [━╸╺]{20} \d:\d\d:\d\d iter", line), line


def test_before_its_first_stage_a_fit_shows_its_state(screen):
    with terminal.job_progress("irt") as show:
        show({"state": "queued"})
    assert any("irt: queued" in line for line in lines_of(screen))


def test_facts_are_shown_in_words_without_those_that_are_null():
    assert terminal.job_facts({"iteration": 14, "loglik_change": -0.349, "unknown": None}) == [
        "iteration 14", "loglik change -0.349"]
