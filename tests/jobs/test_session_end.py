"""However a test session ends, no database server and no R service is left behind."""

import os
import signal
import subprocess
import sys
import time

import pytest
from reaper import processes_of

from orchestration.settings import PROJECT_DIR

SECONDS = 120


def wait_until(holds, what):
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def listen_to_interrupts():
    """Undo what a shell does to the processes that it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_session_that_is_ended_leaves_nothing_behind(name, tmp_path):
    base, ready = tmp_path / "base", tmp_path / "ready"
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-n", "1", "--basetemp", base, "tests/jobs/interrupted_session.py"],
        cwd=PROJECT_DIR, env=os.environ | {"READY_FILE": str(ready)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=listen_to_interrupts)  # noqa: PLW1509 - no thread of this process holds a lock
    try:
        wait_until(lambda: ready.exists() or session.poll() is not None, "the session did not start")
        names = {process.name() for process in processes_of(str(base))}
        assert {"postgres", "R"} <= names, names
        session.send_signal(getattr(signal, name))
        session.wait(SECONDS)
        wait_until(lambda: not processes_of(str(base)), f"left behind: {processes_of(str(base))}")
    finally:
        session.kill()
        session.wait()
