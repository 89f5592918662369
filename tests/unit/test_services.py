"""A service is started once, whoever asks for it; processes are ended, whatever they do meanwhile."""

import json
import multiprocessing
import os
import subprocess
import sys

import psutil

from orchestration.settings import read_settings
from orchestration.stack.postgres import EmbeddedPostgres
from orchestration.stack.services import RServices, end_processes

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


READY = """#!{python}
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Ready).serve_forever()
"""


def started(*command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, psutil.Process(process.pid)


def ask(home, barrier, answers):
    services = RServices(read_settings(dreamseed_home=home))
    barrier.wait(30)
    answers.put(services.start("cluster").pid)


def test_two_commands_at_once_start_a_service_once(tmp_path, monkeypatch):
    """The service is a stand-in for Rscript that is ready at once."""
    rscript = tmp_path / "bin" / "Rscript"
    rscript.parent.mkdir()
    rscript.write_text(READY.format(python=sys.executable))
    rscript.chmod(0o755)
    monkeypatch.setenv("PATH", f"{rscript.parent}{os.pathsep}{os.environ['PATH']}")
    context, home = multiprocessing.get_context("forkserver"), tmp_path / "home"
    context.set_forkserver_preload([RServices.__module__])  # so that the import, most of the time, is made once
    barrier, answers = context.Barrier(4), context.Queue()
    asking = [context.Process(target=ask, args=(home, barrier, answers)) for _ in range(4)]
    try:
        for process in asking:
            process.start()
        pids = {answers.get(timeout=60) for _ in asking}
        for process in asking:
            process.join(60)
        running = [process for process in psutil.process_iter(["cmdline"])
                   if str(rscript) in (process.info["cmdline"] or [])]
        state = json.loads((home / "services.json").read_text())
        assert len(pids) == len(running) == len(state) == 1
        assert not list(home.glob("*.new"))
    finally:
        RServices(read_settings(dreamseed_home=home)).stop()
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


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
