"""Runs dbt as a separate process: its memory is freed when it ends, and its exit code is the result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from orchestration.dbt_log import DbtLog
from orchestration.graph.manifest import Manifest
from orchestration.graph.widen import choosing
from orchestration.settings import PROJECT_DIR, Settings
from python_models.errors import BusyError, DreamseedError
from python_models.fitting.client import Progress
from python_models.warehouse import data_test_log
from python_models.warehouse.connection import Warehouse

RELEASE = "`dreamseed status` names the release that readers see."  # the words of overview.md in its place
# A slice whose nodes were all built for an earlier one selects nothing, which is no reason to warn.
SILENCED = ("--warn-error-options", json.dumps({"silence": ["NothingToDo"]}))
QUIET = ("--log-level", "warn", *SILENCED)
FOLLOWED = ("--log-format", "json", "--log-format-file", "debug", "--log-level", "info", "--no-use-colors", *SILENCED)
# What becomes of dbt's standard output: it is passed on, dropped, or given to a function line by line.
Output = bool | Callable[[str], None]


def run_process(arguments: Sequence[str], environment: Mapping[str, str], output: Output) -> int:
    """Run dbt as a process with `environment` on top of this process's own; return its exit code."""
    if not callable(output):
        return subprocess.run(_command(arguments), cwd=PROJECT_DIR, env=os.environ | environment, check=False,
                              stdout=None if output else subprocess.DEVNULL).returncode
    with subprocess.Popen(_command(arguments), cwd=PROJECT_DIR, env=os.environ | environment, text=True,
                          encoding="utf-8", errors="replace", stdout=subprocess.PIPE) as process:
        try:
            for line in process.stdout or ():
                output(line.rstrip("\n"))
        except BaseException:  # as subprocess.run does: nobody would read the rest
            process.kill()
            raise
    return process.returncode


def read_process(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run dbt as `run_process` does; return its exit code and what it printed."""
    lines: list[str] = []
    code = run_process(arguments, environment, lines.append)
    return code, "\n".join(lines)


def _command(arguments: Sequence[str]) -> list[str]:
    return [str(Path(sys.executable).parent / "dbt"), *arguments]


run_dbt, read_dbt = run_process, read_process  # the tests run dbt in their own process instead


@dataclass(frozen=True)
class BuildResult:
    """What one `dbt build` did."""

    nodes: int
    tests: int
    warnings: int
    rows: int


@dataclass(frozen=True)
class Dbt:
    """dbt on one warehouse as of one day."""

    settings: Settings
    database_url: str
    as_of: date

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse that dbt builds."""
        return Warehouse(self.database_url, self.settings.dbt_schema)

    @property
    def target(self) -> Path:
        """Where dbt writes its artifacts: one folder per home."""
        return self.settings.home / "target"

    def build(self, *arguments: str, quiet: bool = False, on_progress: Progress | None = None) -> BuildResult:
        """Run `dbt build` under the warehouse's build lock, so that two builds never overlap.

        A `quiet` one prints warnings and errors only; `on_progress` gets the nodes that it starts and finishes.
        Raises BusyError when the lock is not free in time or a reader keeps dbt from replacing a table, DreamseedError
        when a node or test fails.
        """
        with self.warehouse.lock("build", self.settings.lock_wait_secs) as pid:
            self._results_path.unlink(missing_ok=True)  # if dbt dies early, old results must not be read as new ones
            environment = self.environment() | {"DREAMSEED_BUILD_LOCK_PID": str(pid)}
            code = run_dbt([*FOLLOWED, "build", *arguments], environment, DbtLog(on_progress).read) if quiet else \
                run_dbt(["build", *arguments], environment, True)
            self._record_tests()
        if code and self._waited_for():
            raise BusyError(f"dbt build {' '.join(arguments)} waited {self.settings.lock_wait_secs:g} s for "
                            f"{', '.join(self._waited_for())}, which another session reads in an open transaction.",
                            "end that session (pg_stat_activity lists them) and run the job again; let reports read "
                            "the released schema (docs/operations.md).")
        if code:
            raise DreamseedError(f"dbt build {' '.join(arguments)} failed: {self._failures()}.",
                                 f"read the lines above or {self.settings.home / 'logs' / 'dbt.log'}.")
        return self._result()

    def names(self, arguments: Sequence[str]) -> set[str]:
        """Return the names of models, seeds and snapshots that dbt's arguments select.

        Raises DreamseedError if dbt cannot say.
        """
        kinds = ["--resource-type", "model", "--resource-type", "seed", "--resource-type", "snapshot"]
        code, printed = read_dbt(["--quiet", "ls", *kinds, "--output", "name", *choosing(arguments)],
                                 self.environment())
        if code:
            reason = printed.rpartition("Encountered an error:")[2]
            raise DreamseedError(f"dbt cannot resolve the selection: {' '.join(reason.split())}.",
                                 "correct --select, --exclude or --state.")
        return set(printed.split())

    def parse(self) -> Manifest:
        """Parse the project with dbt; return the manifest that it writes."""
        if self._run(["parse"]):
            raise DreamseedError("dbt cannot parse the project.", "read the lines above.")
        return Manifest.read(self.target / "manifest.json")

    def compiled(self, model: str) -> str:
        """Return the SQL of one model as it would be built now; nothing is built."""
        if self._run(["compile", "--select", model], prints=False):
            raise DreamseedError(f"dbt cannot compile {model}.", f"read {self.settings.home / 'logs' / 'dbt.log'}.")
        nodes = Manifest.read(self.target / "manifest.json").content["nodes"].values()
        return next(str(node["compiled_code"]) for node in nodes if node["name"] == model)

    def docs(self, release: str) -> Path:
        """Write lineage and documentation as one static file, whose first page says `release`; return its path."""
        if self._run(["docs", "generate", "--static"]):
            raise DreamseedError("dbt cannot write its docs.", "read the lines above.")
        page = self.target / "static_index.html"
        page.write_text(page.read_text("utf-8").replace(RELEASE, json.dumps(release)[1:-1]), "utf-8")
        return page

    def _run(self, arguments: list[str], prints: bool = True) -> int:
        """Run dbt; its warnings and errors are printed as our own lines are. What it compiles it also prints."""
        return run_dbt([*QUIET, *arguments], self.environment(), print if prints else False)

    def environment(self) -> dict[str, str]:
        """Return the variables that profiles.yml and dbt read; secrets are passed here, never on a command line."""
        parts = conninfo_to_dict(self.database_url)
        encryption = {f"PG{name.upper()}": str(parts[name]) for name in ("sslmode", "sslrootcert") if name in parts}
        # A swap of a table that someone reads waits so long, and whoever reads the table later waits behind it.
        lock_timeout = f"-c lock_timeout={max(1, round(1000 * self.settings.lock_wait_secs))}"
        return encryption | self.settings.dbt_environment() | {
            "DBT_HOST": str(parts.get("host") or "localhost"), "DBT_PORT": str(parts.get("port") or 5432),
            "DBT_USER": str(parts.get("user") or "postgres"), "DBT_PASSWORD": str(parts.get("password") or ""),
            "DBT_DATABASE": str(parts.get("dbname") or "postgres"), "DBT_SCHEMA": self.settings.dbt_schema,
            "DBT_SOURCE_SCHEMA": self.settings.dbt_schema,
            "DBT_THREADS": str(self.settings.dbt_threads), "DBT_PROFILES_DIR": str(PROJECT_DIR),
            "DBT_TARGET_PATH": str(self.target), "DBT_LOG_PATH": str(self.settings.home / "logs"),
            # At debug, dbt's default, writing the log takes a fifth of a build's CPU; target/ holds the SQL.
            "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "info"),
            "PGOPTIONS": f"{os.environ.get('PGOPTIONS', '')} {lock_timeout}".strip(),
            "DREAMSEED_AS_OF": self.as_of.isoformat(),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    @property
    def _results_path(self) -> Path:
        return self.target / "run_results.json"

    def _run_results(self) -> list[dict[str, Any]]:
        path = self._results_path
        return json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []

    def _record_tests(self) -> None:
        """Store the results of the data tests in the warehouse, where every home and the next build can see them."""
        if not self._results_path.exists():
            return
        names = Manifest.read(self.target / "manifest.json").test_names()
        with self.warehouse.connect() as connection:
            data_test_log.record(connection, self._run_results(), names, self.as_of)

    def _waited_for(self) -> list[str]:
        """Return the models that could not be replaced because another session held a lock on them."""
        return [r["unique_id"].split(".")[-1] for r in self._run_results()
                if r["status"] == "error" and "due to lock timeout" in (r.get("message") or "")]

    def _failures(self) -> str:
        bad = [r["unique_id"].split(".", 2)[-1] for r in self._run_results() if r["status"] in ("error", "fail")]
        return f"{', '.join(bad[:5])}{' ...' if len(bad) > 5 else ''}" if bad else "see dbt's output"

    def _result(self) -> BuildResult:
        results = self._run_results()
        tests = [r for r in results if r["unique_id"].split(".")[0] in ("test", "unit_test")]
        nodes = [r for r in results if r["unique_id"].split(".")[0] in ("model", "seed", "snapshot")]
        rows = sum(max(0, int(r.get("adapter_response", {}).get("rows_affected") or 0)) for r in nodes)
        return BuildResult(len(nodes), len(tests), sum(r["status"] == "warn" for r in results), rows)
