"""Blocks and commands of the documents: which there are, and what is wrong with a line of shell."""

import re
import shlex
from dataclasses import dataclass

import click

from orchestration.cli import cli
from orchestration.settings import PROJECT_DIR, Settings

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
SKIPPED = re.compile(r'sh skip="([^"]{10,})"')
DATA = {"yaml", "r", "sql", "json", "text"}  # languages of blocks that hold no commands
KUBECTL = {"apply", "get", "logs", "describe", "patch", "kustomize", "create", "delete", "rollout", "wait", "scale"}
OTHERS = {"docker", "for", "done", "do", "export", "source", "git", "cd", "pipx"}  # nothing here could look at them
COMMANDS = {"dreamseed", "make", "kubectl", *OTHERS}


@dataclass(frozen=True)
class Block:
    """One fenced block of a document."""

    file: str
    info: str
    lines: tuple[str, ...]

    @property
    def runs(self):
        return self.info == "sh"


def documents():
    found = [PROJECT_DIR / "README.md", PROJECT_DIR / "CONTRIBUTING.md", *sorted((PROJECT_DIR / "docs").rglob("*.md"))]
    return {str(file.relative_to(PROJECT_DIR)): file.read_text(encoding="utf-8") for file in found}


def lines_of(text):
    joined = re.sub(r"\\\n\s*", " ", text)
    return tuple(line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#"))


def blocks(texts=None):
    return [Block(name, info.strip(), lines_of(body)) for name, text in (texts or documents()).items()
            for info, body in FENCE.findall(text)]


def problem(line):
    """Return what is wrong with one line of shell, or None; nothing is run."""
    line = re.sub(r"\$\(date [^)]*\)|\$day\b", "2026-06-28", line)  # any day will do: nothing is run
    words = shlex.split(re.sub(r"^\w+=\$\((.*)\)", r"\1", line), comments=True)
    words = words[:min((words.index(mark) for mark in ("|", ">") if mark in words), default=len(words))]
    while words and re.match(r"^(\w+=\S*|do)$", words[0]):
        words = words[1:]
    if not words or words[0] in OTHERS:
        return None
    name, rest = words[0], words[1:]
    if name == "dreamseed":
        return wrong_usage(rest)
    if name == "make":
        targets = [word for word in rest if "=" not in word]
        return next((f"make has no target {target!r}" for target in targets if not is_target(target)), None)
    if name == "kubectl":
        verb = next((word for before, word in zip(["", *rest], rest, strict=False)
                     if not word.startswith("-") and before not in ("-n", "-l")), "")
        return None if verb in KUBECTL else f"kubectl has no {verb!r}"
    if name.startswith(("k8s/", "scripts/", ".venv/bin/")):
        return None if (PROJECT_DIR / name).exists() else f"there is no {name}"
    return f"{name!r} is no command that these documents use"


def is_target(name):
    return re.search(rf"^{re.escape(name)}:", (PROJECT_DIR / "Makefile").read_text(encoding="utf-8"), re.M) is not None


def wrong_usage(arguments):
    """Parse the arguments as `dreamseed` would, without running it."""
    if not arguments or arguments[0] not in cli.commands:
        return f"dreamseed has no command {' '.join(arguments[:1])!r}"
    try:
        cli.commands[arguments[0]].make_context(arguments[0], list(arguments[1:]), obj=Settings())
    except click.ClickException as error:
        return f"dreamseed {' '.join(arguments)}: {error.format_message()}"
    return None


def holds_commands(block):
    return block.info == "" and any(line.split()[0] in COMMANDS for line in block.lines)
