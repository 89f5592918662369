"""Reads Dockerfiles and .dockerignore: the instructions that ours use, with Docker's meaning; others are refused."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

INSTRUCTIONS = {"FROM", "ARG", "ENV", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "HEALTHCHECK", "LABEL",
                "EXPOSE"}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, the rest of its (joined) lines, and the line it begins in."""

    name: str
    text: str
    line: int

    def words(self, values: Mapping[str, str]) -> list[str]:
        """Split the text as a shell would, after putting in `values` for variables."""
        return shlex.split(expand(self.text, values))

    def pairs(self, values: Mapping[str, str]) -> dict[str, str]:
        """Read key=value words."""
        found = {}
        for word in self.words(values):
            key, separator, value = word.partition("=")
            assert separator, f"line {self.line}: {word!r} is not key=value"
            found[key] = value
        return found

    def command(self) -> list[str]:
        """Read a command in exec form; the shell form would need a shell as process 1, so it is refused."""
        assert self.text.startswith("["), f"line {self.line}: write {self.name} as a JSON array"
        return list(json.loads(self.text))


@dataclass(frozen=True)
class Stage:
    """What lies between one FROM and the next."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Dockerfile:
    """The arguments before the first FROM, with their defaults, and the stages in order."""

    arguments: dict[str, str]
    stages: tuple[Stage, ...]


def expand(text: str, values: Mapping[str, str]) -> str:
    """Put in `values` for $NAME and ${NAME}; an unknown one is an error, where Docker would put nothing."""
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        assert name in values, f"there is no argument or variable {name}"
        return values[name]

    return _VARIABLE.sub(value, text)


def argument(instruction: Instruction) -> tuple[str, str | None]:
    """Return the name and the default of an ARG."""
    name, separator, default = instruction.text.partition("=")
    return name, default if separator else None


def read(path: Path) -> Dockerfile:
    """Read a Dockerfile. Raises AssertionError naming the line of what is not understood."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for instruction in _instructions(path.read_text()):
        assert instruction.name in INSTRUCTIONS, f"line {instruction.line}: {instruction.name} is not understood"
        if instruction.name == "FROM":
            base, *name = re.split(r"\s+as\s+", instruction.text, flags=re.IGNORECASE)
            stages.append(Stage(name[0] if name else "", expand(base, arguments), ()))
        elif stages:
            last = stages[-1]
            stages[-1] = Stage(last.name, last.base, (*last.instructions, instruction))
        else:
            assert instruction.name == "ARG", f"line {instruction.line}: only ARG may come before FROM"
            name_, default = argument(instruction)
            arguments[name_] = default or ""
    return Dockerfile(arguments, tuple(stages))


def _instructions(text: str) -> Iterator[Instruction]:
    """Join continued lines; comment lines are left out, also in between."""
    held: list[str] = []
    begun = 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        begun = begun if held else number
        held.append(stripped.removesuffix("\\").strip())
        if not stripped.endswith("\\"):
            name, _, rest = " ".join(held).partition(" ")
            yield Instruction(name.upper(), rest.strip(), begun)
            held = []
    assert not held, f"line {begun}: the last line is continued"


def context(root: Path, paths: list[str]) -> list[str]:
    """Return those of `paths` (relative to `root`) that .dockerignore leaves in the build context."""
    lines = (root / ".dockerignore").read_text().splitlines()
    rules = [(line.startswith("!"), _pattern(line.removeprefix("!"))) for line in lines
             if line.strip() and not line.startswith("#")]
    return [path for path in paths if _is_kept(path, rules)]


def _is_kept(path: str, rules: list[tuple[bool, re.Pattern[str]]]) -> bool:
    kept = True
    for keeps, pattern in rules:
        if pattern.fullmatch(path):
            kept = keeps
    return kept


def _pattern(glob: str) -> re.Pattern[str]:
    """Turn a pattern into one for whole paths: what it matches, and all that lies below."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    written = re.sub(r"\*\*/|\*\*|\*|\?|[^*?]+", lambda found: parts.get(found[0]) or re.escape(found[0]),
                     glob.strip().strip("/"))
    return re.compile(f"{written}(?:/.*)?")
