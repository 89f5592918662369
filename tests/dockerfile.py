"""Reads Dockerfiles and .dockerignore for rules that need no engine; Podman checks the syntax when it builds them."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, and the rest of its (joined) lines."""

    name: str
    text: str


@dataclass
class Stage:
    """The instructions between one FROM and the next."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)


@dataclass
class Dockerfile:
    """The arguments before the first FROM with their defaults, and the stages in order."""

    arguments: dict[str, str]
    stages: list[Stage]


def read(path: Path) -> Dockerfile:
    """Read a Dockerfile. Raises KeyError if a base names an argument without a default."""
    recipe = Dockerfile({}, [])
    code = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\s*\\\n\s*", " ", code).splitlines():
        name, _, text = line.strip().partition(" ")
        if name == "FROM":
            base, *stage = re.split(r"\s+AS\s+", text)
            recipe.stages.append(Stage("".join(stage), expand(base, recipe.arguments)))
        elif name and recipe.stages:
            recipe.stages[-1].instructions.append(Instruction(name, text.strip()))
        elif name == "ARG":
            argument, _, default = text.partition("=")
            recipe.arguments[argument] = default
    return recipe


def expand(text: str, values: dict[str, str]) -> str:
    """Put in `values` for $NAME and ${NAME}. Raises KeyError for an unknown name."""
    return string.Template(text).substitute(values)


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
    """Turn a pattern into one for whole paths: what it matches, and everything below."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    written = re.sub(r"\*\*/|\*\*|\*|\?|[^*?]+", lambda found: parts.get(found[0]) or re.escape(found[0]),
                     glob.strip().strip("/"))
    return re.compile(f"{written}(?:/.*)?")
