"""Commands in the documents are commands: what can run here runs on a copy of the school, the rest is parsed.

A block marked ``sh`` is run line by line. What cannot run says why: ``sh skip="needs a cluster"``. Blocks without a
mark (README's) are parsed only, if they hold commands.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from builders import create_database

from orchestration.cli import cli
from orchestration.settings import PROJECT_DIR, Settings
from python_models.warehouse.connection import connect

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
    words = shlex.split(line, comments=True)
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


def test_every_block_is_run_or_says_why_not():
    wrong = [f"{block.file}: mark the block `{block.lines[:1]}` as sh, sh skip=\"why\", or one of {sorted(DATA)}"
             for block in blocks() if block.file.startswith("docs/")
             and not (block.runs or SKIPPED.fullmatch(block.info) or block.info in DATA)]
    assert not wrong, "\n".join(wrong)


def test_every_command_of_every_block_could_run():
    checked, wrong = 0, []
    for block in blocks():
        if block.runs or SKIPPED.fullmatch(block.info) or holds_commands(block):
            for line in block.lines:
                checked += 1
                wrong += [f"{block.file}: {said}" for said in [problem(line)] if said]
    assert checked > 50
    assert not wrong, "\n".join(wrong)


def test_every_command_in_a_sentence_is_one():
    """`dreamseed ...` between backticks; words in capitals stand for what the reader knows."""
    wrong = []
    for name, text in documents().items():
        for said in re.findall(r"`(dreamseed [a-z][a-z-]*)", FENCE.sub("", text)):
            if said.split()[1] not in cli.commands:
                wrong.append(f"{name}: there is no `{said}`")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("line", "words"), [
    ("dreamseed rnu survival", "no command"), ("dreamseed runs --limt 5", "No such option"),
    ("dreamseed whatif A=1", "Missing option"), ("make tset", "no target"), ("kubectl -n seedtest gte pods", "gte"),
    ("deamseed status", "no command"), ("scripts/nothing.sh", "there is no")])
def test_a_misspelt_command_is_found(line, words):
    assert words in problem(line)


@pytest.fixture(scope="module")
def copy(school, stack, tmp_path_factory):
    """A copy of the school in a database and home of its own, for commands that may write."""
    url = create_database(stack.database_url(), "docs", template="school")
    home = tmp_path_factory.mktemp("docs")
    settings = {f"R_{name.upper()}_{what}": str(school.settings.value(f"R_{name}_{what}")) for name in
                ("irt", "brms", "forecast", "cluster") for what in ("BASE_URL", "INTERNAL_TOKEN")}
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(home),
            "DREAMSEED_HOME": str(home), "DATABASE_URL": url, **settings}


@pytest.mark.parametrize("block", [block for block in blocks() if block.runs], ids=lambda block: block.lines[0][:50])
def test_what_can_run_does_run(block, copy, tmp_path):
    for line in block.lines:
        answer = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=copy, capture_output=True, text=True,
                                check=False)
        assert answer.returncode == 0, f"{block.file}: {line}\n{answer.stdout[-1000:]}{answer.stderr[-2000:]}"


def test_queries_in_sentences_are_queries(school):
    """`select ...` between backticks is planned by Postgres, so tables and columns exist."""
    wrong = []
    with connect(school.database_url) as connection:
        connection.execute("set search_path to public, public_staging, public_fits")
        for name, text in documents().items():
            for query in re.findall(r"`(select [^`]+)`", FENCE.sub("", text)):
                try:
                    with connection.transaction():
                        connection.execute(f"explain {query}")
                except Exception as error:  # told below, with where it stands
                    wrong.append(f"{name}: `{query}`: {str(error).splitlines()[0]}")
    assert not wrong, "\n".join(wrong)
