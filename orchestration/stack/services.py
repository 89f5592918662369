"""The R services of this checkout: start, readiness, stop."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from orchestration.settings import PROJECT_DIR, Settings
from orchestration.stack.home import home_lock
from python_models.errors import DreamseedError
from python_models.fitting.client import ServiceAddress

R_DIR = PROJECT_DIR / "r-services"
START_SECONDS = 60


def service_names() -> list[str]:
    """Return the services this checkout holds: every folder of r-services/ with a plumber.R."""
    return sorted(path.parent.name for path in R_DIR.glob("*/plumber.R"))


def short_name(service: str) -> str:
    """Turn a deployment's name into the folder's and settings' (r-forecast-plumber: forecast)."""
    return service.removeprefix("r-").removesuffix("-plumber")


@dataclass(frozen=True)
class ServiceProcess:
    """One started service: its folder's name, process and port."""

    name: str
    pid: int
    started: float
    port: int

    def process(self) -> psutil.Process | None:
        """Return the live process; None if it has ended or another process has taken its id."""
        try:
            process = psutil.Process(self.pid)
            ours = abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if ours else None

    def processes(self) -> list[psutil.Process]:
        """Return the fits it runs and the live process itself; an empty list when it has ended."""
        process = self.process()
        if process is None:
            return []
        try:
            return [*process.children(recursive=True), process]
        except psutil.NoSuchProcess:
            return []


def end_processes(processes: list[psutil.Process], grace_seconds: float = 10) -> None:
    """Terminate `processes`, and kill those that are still alive after `grace_seconds`; some may have ended already."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(processes, timeout=grace_seconds)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


class RServices:
    """The services that belong to one home; their state is `services.json` there."""

    def __init__(self, settings: Settings) -> None:
        """Read addresses from `settings`; nothing is started."""
        self.settings = settings
        self.state_file = settings.home / "services.json"

    def address(self, name: str) -> ServiceAddress:
        """Return where `name` answers: the setting's URL, else our own process, which is started if it is not up."""
        timeout = float(str(self.settings.value(f"R_{name}_TIMEOUT_SECS")))
        url = str(self.settings.value(f"R_{name}_BASE_URL"))
        if url:
            token = str(self.settings.value(f"R_{name}_INTERNAL_TOKEN"))
            return ServiceAddress(url.rstrip("/"), token, timeout)
        return ServiceAddress(f"http://127.0.0.1:{self.start(name).port}", self._token(name), timeout)

    def known(self) -> list[str]:
        """Return the services of this checkout and those whose URL is set (the warehouse's image holds none)."""
        placed = [name.split("_")[1] for name in type(self.settings).model_fields
                  if name.endswith("_base_url") and getattr(self.settings, name)]
        return sorted({*service_names(), *placed})

    def running(self) -> dict[str, ServiceProcess]:
        """Return our own live services by name."""
        if not self.state_file.exists():
            return {}
        known = [ServiceProcess(**entry) for entry in json.loads(self.state_file.read_text())]
        return {service.name: service for service in known if service.process() is not None}

    def start(self, name: str) -> ServiceProcess:
        """Start one service unless it is up; wait until it is ready. Two commands at once start it once."""
        with home_lock(self.settings.home):
            running = self.running()
            if name not in running:
                if name not in service_names():
                    raise DreamseedError(f"There is no service {name!r} in {R_DIR}.",
                                         f"set R_{name.upper()}_BASE_URL, or use {', '.join(service_names())}.")
                running[name] = self._spawn(name)
                self._write_state(running)
        self._wait_ready(running[name])
        return running[name]

    def stop(self) -> list[str]:
        """Stop our services and the fits they run; return their names. The caller holds the home's lock."""
        running = self.running()
        end_processes([process for service in running.values() for process in service.processes()])
        self.state_file.unlink(missing_ok=True)
        return sorted(running)

    def is_ready(self, name: str) -> bool | None:
        """Ask /readyz; None when the service is neither configured nor up."""
        url = str(self.settings.value(f"R_{name}_BASE_URL")).rstrip("/")
        if not url:
            service = self.running().get(name)
            if service is None:
                return None
            url = f"http://127.0.0.1:{service.port}"
        return _answers_ready(url)

    def log_file(self, name: str) -> Path:
        """Return where the service's log goes."""
        return self.settings.home / "logs" / f"r-{name}-plumber.log"

    def _spawn(self, name: str) -> ServiceProcess:
        log = self.log_file(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        environment = os.environ | {
            "INTERNAL_TOKEN": self._token(name),
            "R_LIBS": os.pathsep.join(filter(None, [str(PROJECT_DIR / ".r-library"), os.environ.get("R_LIBS")])),
        }
        command = ["Rscript", "--vanilla", str(R_DIR / "run.R"), name, "--host", "127.0.0.1", "--port", str(port)]
        with log.open("ab") as handle:
            process = subprocess.Popen(command, stdout=handle, stderr=handle, stdin=subprocess.DEVNULL,
                                       env=environment, cwd=PROJECT_DIR, start_new_session=True)
        return ServiceProcess(name, process.pid, psutil.Process(process.pid).create_time(), port)

    def _wait_ready(self, service: ServiceProcess) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if _answers_ready(f"http://127.0.0.1:{service.port}"):
                return
            if service.process() is None:
                break
            time.sleep(0.1)
        raise DreamseedError(f"The R service {service.name!r} did not become ready.",
                             f"read {self.log_file(service.name)}; `make setup` installs what R lacks.")

    def _write_state(self, running: dict[str, ServiceProcess]) -> None:
        """Replace the state file as a whole: a reader sees the old one or the new one, never half."""
        written = self.state_file.with_suffix(".new")
        written.write_text(json.dumps([asdict(service) for service in running.values()]))
        written.replace(self.state_file)

    def _token(self, name: str) -> str:
        configured = str(self.settings.value(f"R_{name}_INTERNAL_TOKEN"))
        if configured:
            return configured
        file = self.settings.home / "token"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(32))
        return file.read_text()


def _answers_ready(url: str) -> bool:
    import httpx  # noqa: PLC0415 - a fifth of a second to import, and most commands ask no service

    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
