"""The progress of a fit or a build: a bar of one line in a narrow terminal, now and then a line in a log."""

import io
import json
import re
import sys
import time

import pytest
from rich.console import Console

from orchestration import terminal
from orchestration.dbt_log import DbtLog

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


def event(node, status, level="info", msg="", kind="model"):
    return json.dumps({"info": {"level": level, "msg": msg}, "data": {
        "index": 1, "total": 3, "node_info": {"node_name": node, "node_status": status, "resource_type": kind}}})


def test_a_build_reports_the_nodes_done_and_the_one_it_is_at(capsys):
    states = []
    log = DbtLog(states.append)
    for line in [event("a hook", "success", kind="operation"), event("attempt", "started"), event("attempt", "success"),
                 event("weekly_kpi", "started")]:
        log.read(line)
    assert [state["progress"] for state in states] == [
        {"stage": "0 of 3 nodes", "done": 0, "total": 3, "node": "attempt"},
        {"stage": "1 of 3 nodes", "done": 1, "total": 3, "node": "attempt"},
        {"stage": "1 of 3 nodes", "done": 1, "total": 3, "node": "weekly_kpi"}]
    assert not capsys.readouterr().out


def test_a_quiet_build_prints_warnings_errors_and_what_is_no_line_of_the_log(capsys):
    log = DbtLog()
    for line in [event("attempt", "warn", "warn", "too many"), event("x", "error", "error", "broken"),
                 "Traceback ...", "[1]"]:
        log.read(line)
    assert capsys.readouterr().out.splitlines() == ["[WARNING] too many", "[ERROR] broken", "Traceback ...", "[1]"]
    assert log.finished == 2


def test_in_a_log_progress_is_a_line_every_so_often_also_while_nothing_arrives(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "LOG_SECONDS", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with terminal.job_progress("forecast") as show:
        show({"state": "running", "progress": {"stage": "fitting", "done": 1200, "total": 4000, "series": "topic:a"}})
        time.sleep(0.4)
    lines = capsys.readouterr().out.splitlines()
    assert 2 <= len(lines) <= 9
    assert all(re.fullmatch(r"\[INFO\] forecast: fitting, 1,200 of 4,000, series topic:a \(\d+ s so far\)", line)
               for line in lines), lines


def test_a_short_step_leaves_no_line_of_progress(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with terminal.progress_bar("load") as advance:
        advance(100_000)
    assert not capsys.readouterr().out
