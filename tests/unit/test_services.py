"""Processes are ended, whatever they do meanwhile."""

import subprocess
import sys

import psutil

from orchestration.stack.postgres import EmbeddedPostgres
from orchestration.stack.services import end_processes

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


def started(*command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, psutil.Process(process.pid)


def test_one_that_has_gone_does_not_spare_the_others():
    gone, of_gone = started("sleep", "60")
    gone.kill()
    gone.wait()
    _, of_living = started("sleep", "60")
    end_processes([of_gone, of_living])
    assert not of_living.is_running()


def test_one_that_will_not_listen_is_killed():
    deaf, of_deaf = started(sys.executable, "-c", DEAF)
    assert deaf.stdout.readline() == "1\n"
    end_processes([of_deaf], grace_seconds=0.2)
    assert deaf.wait(timeout=10) == -9


def test_a_postmaster_that_has_gone_is_down(tmp_path):
    gone, _ = started("true")
    gone.wait()
    for written in (str(gone.pid), str(psutil.Process().pid)):  # the number of no process, or of another's
        (tmp_path / "postmaster.pid").write_text(f"{written}\n")
        assert EmbeddedPostgres(tmp_path).pid() is None and not EmbeddedPostgres(tmp_path).stop()


def test_a_postmaster_that_goes_before_it_is_asked_has_stopped(tmp_path, monkeypatch):
    gone, of_gone = started("true")
    gone.wait()
    monkeypatch.setattr(EmbeddedPostgres, "_postmaster", lambda _: of_gone)
    assert EmbeddedPostgres(tmp_path).stop()
