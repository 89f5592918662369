"""Builds images without an engine: layers are overlays on a Debian root, made by the steps of a Dockerfile.

Only the recipe and .dockerignore decide what is in an image. What a build needs from outside (how package registries
are reached, and their certificates) is mounted while a step runs, and is in no layer.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dockerfile
from containers import NAMESPACES, Image, entering, surroundings

OUTSIDE = "/run/outside"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


class Builder:
    """Builds images in `folder` from the `paths` of `root`. Steps that are equal are done once, as an engine does."""

    def __init__(self, folder: Path, root: Path, paths: Sequence[str]) -> None:
        """Lay out the build context and the Debian root that stands for the base image.

        Raises CalledProcessError with debootstrap's words where it cannot be made.
        """
        self.folder = folder
        self.context, self.layers, self.mount = folder / "context", folder / "layers", folder / "mount"
        self._done: dict[str, Path] = {}
        for made in (self.context, self.layers, self.mount, folder / "outside"):
            made.mkdir(parents=True)
        for path in dockerfile.context(root, list(paths)):
            (self.context / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / path, self.context / path)
        self._outside = _reach(folder / "outside")
        self._make_base(self.layers / "base")

    @staticmethod
    def _make_base(base: Path) -> None:
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base)], check=True, capture_output=True,
                       text=True)
        sources = Path("/etc/apt/sources.list.d/debian.sources")  # the official image has security updates too
        if sources.exists():
            (base / "etc/apt/sources.list").unlink(missing_ok=True)
            shutil.copy(sources, base / "etc/apt/sources.list.d")
        for name in ("etc/resolv.conf", "etc/hosts"):  # an engine makes these to mount its own on
            (base / name).touch()

    def build(self, path: Path, arguments: Mapping[str, str]) -> Image:
        """Build the last stage of a Dockerfile and what it takes from; a failing step is an AssertionError."""
        built: dict[str, Image] = {}
        for stage in dockerfile.read(path).stages:
            image = built.get(stage.base) or Image((self.layers / "base",))
            values: dict[str, str] = {}
            for instruction in stage.instructions:
                if instruction.name == "ARG":
                    name, default = dockerfile.argument(instruction)
                    values[name] = arguments.get(name, default or "")
                elif instruction.name == "COPY":
                    image = self._copy(instruction.words(image.environment | values), image, built)
                elif instruction.name == "RUN":
                    image = self._run(instruction.text, image, values)
                else:
                    image = replace(image, **_configured(instruction, image, values))
            built[stage.name] = image
        return image

    def _copy(self, words: list[str], image: Image, built: Mapping[str, Image]) -> Image:
        """As Docker does: of a folder its contents are copied, of several sources each into the target."""
        where, steps, key = self.context, [], list(words)
        if words[0].startswith("--from="):
            taken = built[words.pop(0).removeprefix("--from=")]
            where = self.folder / "taken"
            steps = [f"mkdir -p {where}", f"mount -t overlay overlay -o ro,lowerdir={taken.lower()} {where}"]
            key.append(taken.lower())
        *sources, target = words
        full = f"{self.mount}{Path('/', image.folder, target)}"
        for source in sources:
            found = where / source.lstrip("/")
            into = f"{full}/" if len(sources) > 1 or target.endswith("/") else full
            steps.append(f'if [ -d {found} ]; then mkdir -p {full}; cp -a {found}/. {full}; '
                         f'else mkdir -p "$(dirname {into}x)"; cp -a {found} {into}; fi')
            key.append(_digest(found) if where == self.context else "")
        return self._layer(image, key, steps)

    def _run(self, command: str, image: Image, values: Mapping[str, str]) -> Image:
        inside = image.environment | values
        steps = [*surroundings(self.mount), f"mount -t tmpfs tmpfs {self.mount}/run",
                 f"mkdir {self.mount}{OUTSIDE}", f"mount --bind {self.folder}/outside {self.mount}{OUTSIDE}",
                 entering(self.mount, image.user, image.folder, inside | self._outside, ["/bin/sh", "-c", command])]
        return self._layer(image, [command, repr(sorted(inside.items()))], steps)

    def _layer(self, image: Image, key: Sequence[str], steps: Sequence[str]) -> Image:
        """Run `steps` on a new layer, or take the layer that the same steps made on the same layers before."""
        known = hashlib.sha256(repr([image.lower(), *key]).encode()).hexdigest()
        if known not in self._done:
            upper = self.layers / str(len(self._done))
            work = self.folder / "work" / upper.name
            upper.mkdir()
            work.mkdir(parents=True)
            over = f"lowerdir={image.lower()},upperdir={upper},workdir={work}"
            _namespaced([f"mount -t overlay overlay -o {over} {self.mount}", *steps])
            self._done[known] = upper
        return replace(image, layers=(*image.layers, self._done[known]))


def _configured(instruction: dockerfile.Instruction, image: Image, values: Mapping[str, str]) -> dict[str, Any]:
    """Return what an instruction changes that makes no layer."""
    known = image.environment | values
    changes: dict[str, Any] = {}
    match instruction.name:
        case "ENV":
            changes["environment"] = image.environment | instruction.pairs(known)
        case "LABEL":
            changes["labels"] = image.labels | instruction.pairs(known)
        case "WORKDIR":
            changes["folder"] = instruction.text
        case "USER":
            changes["user"] = instruction.text
        case "ENTRYPOINT":
            changes["entrypoint"] = tuple(instruction.command())
        case "CMD":
            changes["command"] = tuple(instruction.command())
        case "HEALTHCHECK":
            text = instruction.text[instruction.text.index("CMD") + 3:].strip()
            changes["health"] = tuple(replace(instruction, text=text).command())
    return changes


def _reach(folder: Path) -> dict[str, str]:
    """Lay into `folder` how this machine reaches package registries; return the environment that says so."""
    environment = {name: os.environ[name] for name in PROXIES if name in os.environ}
    found = {"PIP_CERT": os.environ.get("PIP_CERT", os.environ.get("SSL_CERT_FILE", "")),
             "PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE", "/etc/pip.conf")}
    for name, path in found.items():
        if path and Path(path).exists():
            shutil.copy(path, folder / name)
            environment[name] = f"{OUTSIDE}/{name}"
    return environment


def _namespaced(steps: Sequence[str]) -> None:
    done = subprocess.run([*NAMESPACES, "sh", "-euc", "\n".join(steps)], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False)
    said = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
    assert done.returncode == 0, f"a step failed ({done.returncode}): {shlex.quote(steps[-1])}\n{said}"


def _digest(path: Path) -> str:
    files = sorted(found for found in ([path] if path.is_file() else path.rglob("*")) if found.is_file())
    assert files, f"COPY: {path.name} is not in the build context"
    whole = hashlib.sha256()
    for file in files:
        whole.update(str(file).encode() + file.read_bytes())
    return whole.hexdigest()
