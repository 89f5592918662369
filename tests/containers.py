"""Runs images without an engine: a container is a process in namespaces of its own, on layers mounted read-only."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")


@dataclass(frozen=True)
class Image:
    """Layers, the lowest first, and what the recipe says about running them."""

    layers: tuple[Path, ...]
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0:0"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def lower(self) -> str:
        """Return overlayfs's list of layers, the uppermost first."""
        return ":".join(str(layer) for layer in reversed(self.layers))

    def megabytes(self) -> int:
        """Return the size of all layers."""
        answer = subprocess.run(["du", "-sm", "--total", *map(str, self.layers)], capture_output=True, text=True,
                                check=True)
        return int(answer.stdout.split()[-2])


@dataclass
class Container:
    """A running container: a read-only root, /tmp in memory, process 1 is what the image says."""

    image: Image
    mount: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, image: Image, mount: Path, command: Sequence[str] = (),
              environment: Mapping[str, str] | None = None, binds: Mapping[str, Path] | None = None) -> Container:
        """Start one. `binds` gives files and folders of this machine by their path inside (there, or below /tmp)."""
        inside = image.environment | dict(environment or {})
        steps = [f"mount -t overlay overlay -o ro,lowerdir={image.lower()} {mount}", *surroundings(mount),
                 f"mount -t tmpfs -o mode=1777 tmpfs {mount}/tmp"]
        for path, outside in (binds or {}).items():
            point = f"{mount}{path}"
            if path.startswith("/tmp/"):
                steps.append(f"mkdir -p {point}" if outside.is_dir() else f'mkdir -p "$(dirname {point})"; : >{point}')
            steps.append(f"mount --bind {outside} {point}")
        steps.append(entering(mount, image.user, image.folder, inside,
                              [*image.entrypoint, *(command or image.command)]))
        process = subprocess.Popen([*NAMESPACES, "sh", "-euc", "\n".join(steps)], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return cls(image, mount, inside, process)

    def init(self) -> psutil.Process:
        """Return the container's process 1."""
        return psutil.Process(self.process.pid).children()[0]

    def execute(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it as the image's user, as `docker exec` does."""
        line = entering(self.mount, self.image.user, self.image.folder, self.environment | environment, command)
        return subprocess.run(["nsenter", "--target", str(self.init().pid), "--mount", "--pid", "sh", "-c", line],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def wait(self, seconds: float) -> tuple[int, str]:
        """Wait until it ends; return its exit code and what it wrote."""
        output = self.process.communicate(timeout=seconds)[0]
        return self.process.returncode, output

    def kill(self) -> str:
        """End it with everything in it; return what it wrote."""
        if self.process.poll() is None:
            self.init().kill()  # the kernel ends the others of its namespace
        return self.process.communicate()[0]


def surroundings(mount: Path) -> list[str]:
    """Return the steps that give a root what every container has: processes, devices, names of hosts."""
    return [f"mount -t proc proc {mount}/proc", f"mount --rbind /dev {mount}/dev",
            *(f"mount --bind /etc/{name} {mount}/etc/{name}" for name in ("resolv.conf", "hosts"))]


def entering(mount: Path, user: str, folder: str, environment: Mapping[str, str], command: Sequence[str]) -> str:
    """Return the step that becomes `command` in the root, as `user` (uid:gid), with this environment and no other."""
    values = [f"{name}={value}" for name, value in environment.items()]
    group = user.partition(":")[2]
    return "exec " + shlex.join(["chroot", f"--userspec={user}", f"--groups={group}", str(mount), "/usr/bin/env", "-i",
                                 "-C", folder, *values, *command])
