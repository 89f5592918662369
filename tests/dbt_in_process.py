"""dbt inside the test process, on a project that is parsed once a session.

Importing dbt takes 2 s of CPU and parsing 3 to 9, and the suite invokes dbt some hundred times. The real process,
`orchestration.dbt.run_process`, is what tests/jobs/test_dbt.py tests.
"""

from __future__ import annotations

import copy
import dataclasses
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, nullcontext, redirect_stdout
from functools import cache
from pathlib import Path
from typing import TypeVar
from unittest import mock

import data_tests
import dbt_memo
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import CompiledNode
from dbt.parser.manifest import write_manifest

from orchestration.dbt import Output
from orchestration.settings import PROJECT_DIR
from orchestration.stack.home import file_lock

Node = TypeVar("Node")
PARSED = PROJECT_DIR / "target" / "tests"
# Parsing reads no database. One place for all sessions lets the next one parse only what changed since.
NOWHERE = {"DBT_HOST": "localhost", "DBT_PORT": "5432", "DBT_USER": "postgres", "DBT_PASSWORD": "",
           "DBT_DATABASE": "parsed", "DBT_PROFILES_DIR": str(PROJECT_DIR), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}

dbt_memo.install()

_changed_macros: dict[str, str] = {}


@contextmanager
def changed_macros(texts: Mapping[str, str]) -> Iterator[None]:
    """Let dbt run with other texts of some of the project's macros, as after a change of the code."""
    _changed_macros.update(texts)
    try:
        yield
    finally:
        _changed_macros.clear()


def parsed_manifest(schema: str = "public") -> Path:
    """Parse what changed since the last session; return the path of the manifest for a target schema."""
    _parsed(schema, schema)
    return PARSED / f"{schema}-{schema}" / "manifest.json"


class _Lines(io.TextIOBase):
    """A standard output that gives each line to a function, as `orchestration.dbt.run_process` does."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self.take, self.begun = take, ""

    def write(self, text: str) -> int:
        *whole, self.begun = (self.begun + text).split("\n")
        with redirect_stdout(self.outer):
            for line in whole:
                self.take(line)
        return len(text)

    def __enter__(self) -> None:
        self.outer = sys.stdout
        self.redirection = redirect_stdout(self)
        self.redirection.__enter__()

    def __exit__(self, *error: object) -> None:
        self.redirection.__exit__(*error)


def run(arguments: Sequence[str], environment: Mapping[str, str], output: Output) -> int:
    """Run dbt as `orchestration.dbt.run_process` does; return the exit code."""
    manifest = _manifest_of(environment["DBT_DATABASE"], environment["DBT_SCHEMA"], environment["DBT_SOURCE_SCHEMA"])
    if "build" in arguments and not data_tests.are_wanted():
        arguments = [*arguments, "--exclude-resource-type", "test", "--indirect-selection", "empty"]
    if arguments[-1] == "parse":
        Path(environment["DBT_TARGET_PATH"]).mkdir(parents=True, exist_ok=True)
        write_manifest(manifest, environment["DBT_TARGET_PATH"])
        return 0
    is_written = {"compile", "docs"} & set(arguments) or \
        not (Path(environment["DBT_TARGET_PATH"]) / "manifest.json").exists()
    with _Lines(output) if callable(output) else nullcontext() if output else redirect_stdout(io.StringIO()), \
            nullcontext() if is_written else mock.patch("dbt.task.runnable.write_manifest"):
        result = _invoke(arguments, environment, manifest)
    if result.exception is not None:
        return 2
    return 0 if result.success else 1


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run dbt as `orchestration.dbt.read_process` does; return the exit code and what it printed."""
    with redirect_stdout(io.StringIO()) as printed:
        code = run(arguments, environment, output=True)
    return code, printed.getvalue()


def compiled(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, CompiledNode]:
    """Run `dbt compile`; return the nodes by their ids. Those that were not selected have no `compiled_code`."""
    manifest = _manifest_of(environment["DBT_DATABASE"], environment["DBT_SCHEMA"], environment["DBT_SOURCE_SCHEMA"])
    with redirect_stdout(io.StringIO()) as printed:
        result = _invoke(arguments, environment, manifest)
    if not result.success:
        raise RuntimeError(f"dbt cannot compile: {result.exception or printed.getvalue()}")
    return {uid: node for uid, node in manifest.nodes.items() if isinstance(node, CompiledNode)}


@cache
def _parsed(schema: str, source_schema: str) -> Manifest:
    folder = PARSED / f"{schema}-{source_schema}"
    folder.mkdir(parents=True, exist_ok=True)
    with file_lock(folder / "lock"):
        _forget_before_changed_macros_or_tests(folder / "partial_parse.msgpack")
        result = _invoke(["--quiet", "--no-write-json", "parse"], NOWHERE | {
            "DBT_SCHEMA": schema, "DBT_SOURCE_SCHEMA": source_schema, "DBT_TARGET_PATH": str(folder),
            "DBT_LOG_PATH": str(folder)})
        if not isinstance(result.result, Manifest):
            raise RuntimeError(f"dbt cannot parse the project: {result.exception}")
        (folder / "new").mkdir(exist_ok=True)
        write_manifest(result.result, str(folder / "new"))
        (folder / "new" / "manifest.json").replace(folder / "manifest.json")  # other workers may be reading it
    gc.freeze()  # none of it becomes garbage
    return result.result


def _forget_before_changed_macros_or_tests(saved: Path) -> None:
    """Parse everything after a change of a macro or a singular data test: otherwise dbt would lose the descriptions of
    singular data tests. A folder changes when a file in it comes, goes or gets another name."""
    changed = (path for folder in ("macros", "tests") for path in (PROJECT_DIR / "dbt_project" / folder).rglob("*"))
    if saved.exists() and any(path.stat().st_mtime > saved.stat().st_mtime for path in changed):
        saved.unlink()


def _manifest_of(database: str, schema: str, source_schema: str) -> Manifest:
    """Return a manifest whose relations lie in `database`, with nodes of its own: a run writes its code into them."""
    parsed = _parsed(schema, source_schema)
    parts = {field.name: getattr(parsed, field.name) for field in dataclasses.fields(parsed)
             if field.init and not field.name.startswith("_")}
    parts["nodes"] = {uid: _node_in(database, node) for uid, node in parsed.nodes.items()}
    parts["macros"] = {uid: dataclasses.replace(macro, macro_sql=_changed_macros[macro.name])
                       if macro.name in _changed_macros else macro for uid, macro in parsed.macros.items()}
    parts["sources"] = {uid: _node_in(database, source) for uid, source in parsed.sources.items()}
    return Manifest(**parts)


def _node_in(database: str, parsed: Node) -> Node:
    node = copy.copy(parsed)
    node.database = database
    if isinstance(node, CompiledNode):
        node.extra_ctes = []
        node.depends_on = dataclasses.replace(node.depends_on, macros=[*node.depends_on.macros],
                                              nodes=[*node.depends_on.nodes])
    if getattr(node, "relation_name", None):
        node.relation_name = str(node.relation_name).replace(f'"{NOWHERE["DBT_DATABASE"]}"', f'"{database}"')
    return node


def _invoke(arguments: Sequence[str], environment: Mapping[str, str],
            manifest: Manifest | None = None) -> dbtRunnerResult:
    # One thread: two share one interpreter here, and the workers keep both cores busy.
    with chdir(PROJECT_DIR), _environment(environment | {"DBT_THREADS": "1"}):
        gc.disable()  # a third of a build's time went into looking for garbage
        try:
            return dbtRunner(manifest=manifest).invoke(list(arguments))
        finally:
            dbt_memo.end_invocation()
            gc.enable()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
