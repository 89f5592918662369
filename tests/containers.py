"""Builds and runs the project's images with Podman, in a storage of its own that ends with the test.

No registry of images is in reach, so a Debian root made by debootstrap stands for the base of both Dockerfiles.
"""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SETTINGS = Path(__file__).with_suffix(".conf")
BASE = "localhost/debian"
# As in the cluster: no capabilities, nothing to write but /tmp. R loads from /tmp what Stan compiled.
RESTRICTED = ("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:exec", "--cap-drop=all",
              "--security-opt=no-new-privileges")


class Podman:
    """One storage of images and containers, in `folder`; `close` ends and removes everything in it."""

    def __init__(self, folder: Path) -> None:
        """Make the storage's folder."""
        self.folder = folder
        folder.mkdir(parents=True)

    def __call__(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a podman command. Returns its exit code and output; raises TimeoutExpired."""
        return subprocess.run(self._command(*arguments), env=_environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=seconds)

    def make_base(self) -> None:
        """Import the base image. Raises CalledProcessError with debootstrap's output where it cannot be made."""
        root = self.folder / "base"
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(root)], check=True, capture_output=True,
                       text=True)
        _configure_registries(root)
        (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")  # as in the official image: faster
        archive = self.folder / "base.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        imported = self("import", "--quiet", str(archive), BASE)
        assert imported.returncode == 0, imported.stderr
        shutil.rmtree(root)
        archive.unlink()

    def build(self, image: str, recipe: Path, context: Path, arguments: Mapping[str, str]) -> None:
        """Build a Dockerfile with these build arguments; a failing step is an AssertionError with its output.

        The build has a process namespace of its own, so that an interrupted test leaves no step running.
        """
        given = [f"--build-arg={name}={value}" for name, value in {"BASE": BASE, **arguments}.items()]
        namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        # The other format, OCI, has no health checks.
        options = ["--layers=false", "--format=docker", f"--file={recipe}", f"--tag={image}", *given]
        done = subprocess.run([*namespace, *self._command("build", *options, str(context))], env=_environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=3600)
        assert done.returncode == 0, f"{image}: {done.stdout[-3000:]}"

    def megabytes(self, image: str) -> int:
        """Return the size of all layers of an image."""
        return int(self.inspect("image", image)["Size"]) // 1_000_000

    def files(self, image: str) -> set[str]:
        """Return the absolute paths of everything in an image."""
        found = self("run", "--rm", "--user=0", "--entrypoint=find", image, "/", "-xdev")
        assert found.returncode == 0, found.stderr
        return set(found.stdout.splitlines())

    def run(self, image: str, *command: str, options: tuple[str, ...] = (), environment: Mapping[str, str],
            seconds: float) -> tuple[int, str]:
        """Run an image until it ends. Returns its exit code, and what it wrote to both streams."""
        done = self("run", "--rm", *RESTRICTED, *options, *_variables(environment), image, *command, seconds=seconds)
        return done.returncode, done.stdout + done.stderr

    def start(self, image: str, environment: Mapping[str, str]) -> Container:
        """Start an image in the background."""
        started = self("run", "--detach", *RESTRICTED, *_variables(environment), image)
        assert started.returncode == 0, started.stderr
        return Container(self, started.stdout.strip())

    def close(self) -> None:
        """End all containers and remove the storage, which is gigabytes."""
        self("rm", "--all", "--force", "--time=0")
        mounts = [part.mountpoint for part in psutil.disk_partitions(all=True)]
        for mount in sorted((one for one in mounts if Path(one).is_relative_to(self.folder)), reverse=True):
            subprocess.run(["umount", mount], check=True)
        shutil.rmtree(self.folder)

    def inspect(self, kind: str, name: str) -> dict[str, Any]:
        """Return what Podman knows about an image or a container."""
        found = self("inspect", f"--type={kind}", name)
        assert found.returncode == 0, found.stderr
        return dict(json.loads(found.stdout)[0])

    def _command(self, *arguments: str) -> list[str]:
        places = {"root": "storage", "runroot": "run", "tmpdir": "state"}
        return ["podman", *(f"--{option}={self.folder / name}" for option, name in places.items()), *arguments]


@dataclass(frozen=True)
class Container:
    """A container that runs in the background."""

    podman: Podman
    name: str

    def state(self) -> dict[str, Any]:
        """Return its state: Running, Pid (of process 1, on this machine), ExitCode."""
        return dict(self.podman.inspect("container", self.name)["State"])

    def logs(self) -> str:
        """Return what it wrote to both streams."""
        found = self.podman("logs", self.name)
        return found.stdout + found.stderr

    def check_health(self) -> int:
        """Run the image's health check; return its exit code."""
        return self.podman("healthcheck", "run", self.name).returncode

    def execute(self, *command: str, environment: Mapping[str, str] | None = None) -> int:
        """Run a command in it as the image's user; return its exit code."""
        return self.podman("exec", *_variables(environment or {}), self.name, *command).returncode

    def stop(self) -> int:
        """Send SIGTERM, and SIGKILL after ten seconds; return the exit code of process 1."""
        stopped = self.podman("stop", "--time=10", self.name)
        assert stopped.returncode == 0, stopped.stderr
        return int(self.state()["ExitCode"])


def _environment() -> dict[str, str]:
    """Return the environment of podman itself: our settings, and no timers of systemd for health checks."""
    return os.environ | {"CONTAINERS_CONF": str(SETTINGS), "DISABLE_HC_SYSTEMD": "true"}


def _variables(environment: Mapping[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in environment.items()]


def _configure_registries(root: Path) -> None:
    """Let apt and pip in a Debian root reach package registries the way this machine does."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")  # the official image has security updates too
    if sources.exists():
        (root / "etc/apt/sources.list").unlink(missing_ok=True)
        shutil.copy(sources, root / "etc/apt/sources.list.d")
    pip = configparser.RawConfigParser()
    pip.read(os.environ.get("PIP_CONFIG_FILE", "/etc/pip.conf"))
    certificates = os.environ.get("PIP_CERT", os.environ.get("SSL_CERT_FILE", ""))
    if certificates and Path(certificates).exists():
        shutil.copy(certificates, root / "etc/registries.pem")
        if not pip.has_section("global"):
            pip.add_section("global")
        pip["global"]["cert"] = "/etc/registries.pem"
    with (root / "etc/pip.conf").open("w") as file:
        pip.write(file)
