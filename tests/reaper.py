"""Ends what a test session started: `python reaper.py FOLDER [FOLDER_TO_DELETE]`, its standard input a pipe.

The pipe closes when the session ends, also by a signal that nothing can catch. Then every process is ended whose home
lies in FOLDER, the session's temporary folder: embedded servers and R services outlive the process that starts them.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from pathlib import Path

import psutil


def processes_of(folder: str) -> list[psutil.Process]:
    """Return the live processes whose home lies in `folder`, and the database servers whose data does."""
    found, inside = [], str(Path(folder) / "_").removesuffix("_")  # pytest-1 must not end what pytest-12 started
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if "multiprocessing" in " ".join(process.cmdline()):
                continue  # trackers of the session's own processes, which end with it
            is_server = "postgres" in process.name() and any(text.startswith(inside) for text in process.cmdline())
            if is_server or process.environ().get("DREAMSEED_HOME", "").startswith(inside):
                found.append(process)
    return found


def end(processes: list[psutil.Process], grace_seconds: float = 20) -> None:
    """Interrupt the processes (Postgres then ends its clients at once), and kill those that stay."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(2)
    for process in psutil.wait_procs(processes, timeout=grace_seconds)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


if __name__ == "__main__":
    folder = str(Path(sys.argv[1]).resolve())
    sys.stdin.read()
    end(processes_of(folder))
    for to_delete in sys.argv[2:]:
        shutil.rmtree(to_delete, ignore_errors=True)  # a process of the session may still write into it
