"""However a test session ends, no database server and no R service is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


@pytest.fixture
def short_folder():
    """A temporary folder beside this session's: the path of a server's socket has at most 107 characters."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_session_that_is_ended_leaves_nothing_behind(name, tmp_path, short_folder):
    ready = tmp_path / "ready"
    environment = os.environ | {"READY_FILE": str(ready), "TMPDIR": str(short_folder)}
    del environment["PYTEST_DEBUG_TEMPROOT"]  # of this session
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-n", "1", "tests/jobs/interrupted_session.py"],
        cwd=PROJECT_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=listen_to_interrupts)  # noqa: PLW1509 - no thread of this process holds a lock
    try:
        wait_until(lambda: ready.exists() or session.poll() is not None, "the session did not start")
        [folder] = short_folder.glob("dreamseed-tests-*")
        names = {process.name() for process in processes_of(str(folder))}
        assert {"postgres", "R"} <= names, names
        session.send_signal(getattr(signal, name))
        session.wait(SECONDS)
        wait_until(lambda: not processes_of(str(folder)), f"left behind: {processes_of(str(folder))}")
        wait_until(lambda: not folder.exists(), f"left behind: {folder}")
    finally:
        session.kill()
        session.wait()
