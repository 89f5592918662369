"""The tables of `status`, `runs` and `sql`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from orchestration import terminal
from orchestration.cli import run_tables
from orchestration.cli.moments import read_all_moments
from orchestration.graph.manifest import Manifest
from orchestration.settings import Settings
from orchestration.stack.services import RServices
from orchestration.stack.stack import Stack
from python_models.errors import UsageError
from python_models.fitting.fit import Outcome
from python_models.warehouse import data_test_log, releases, run_log
from python_models.warehouse.connection import Connection, newest_arrival

READY = {True: "ready", False: "not ready", None: "down"}


def print_stack(settings: Settings) -> None:
    """Show which parts of the stack are up, and where."""
    stack, services = Stack(settings), RServices(settings)
    pid = stack.postgres.pid()
    place = "DATABASE_URL" if settings.database_url else f"{settings.home / 'postgres'}"
    state = "your own" if settings.database_url else (f"up (process {pid})" if pid else "down")
    rows = [["postgres", state, place]]
    for name in services.known():
        process = services.running().get(name)
        where = str(settings.value(f"R_{name}_BASE_URL")) or (f"http://127.0.0.1:{process.port}" if process else "")
        rows.append([f"r-{name}-plumber", READY[services.is_ready(name)], where])
    terminal.print_table(f"Stack of {settings.home}", ["part", "state", "where"], rows)


def print_status(settings: Settings) -> None:
    """Show the stack and, if the database is up, the release, runs, data tests, sources and rejected answers."""
    print_stack(settings)
    if not settings.database_url and Stack(settings).postgres.pid() is None:
        terminal.out.print("Start it with `dreamseed up`.")
        return
    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    with warehouse.connect_released() as connection:
        terminal.out.print(_release_line(connection), markup=False)
        newest: dict[str, dict[str, Any]] = {}
        for row in run_log.recent(connection, limit=1000):
            newest.setdefault(row["fit"], row)
        terminal.print_table("Newest run of each fit", _RUN_COLUMNS, map(_run_line, newest.values()))
        path = settings.home / "target" / "manifest.json"
        manifest = Manifest.read(path) if path.exists() else None
        print_tests(connection, manifest)
        print_ages(connection, manifest)
        terminal.print_table("Rejected answers", ["reason", "rows"], _rejected(connection))


def print_tests(connection: Connection, manifest: Manifest | None) -> None:
    """Show the last results of the data tests: counts, then every test that did not pass, with its description."""
    terminal.print_table("Data tests, last results", ["result", "tests", "oldest", "newest"],
                        [[status, n, _minute(oldest), _minute(newest)]
                         for status, n, oldest, newest in data_test_log.counts(connection)])
    bad = data_test_log.not_passed(connection)
    if bad:
        columns = ["test", "result", "rows", "as of", "when", "what it means"]
        terminal.print_table("Data tests that did not pass", columns, [
            [row["name"], row["status"], row["failures"], str(row["as_of"]), _minute(row["tested_at"]),
             (manifest.explanation(row["unique_id"]) if manifest else "") or row["message"] or ""] for row in bad])


def print_ages(connection: Connection, manifest: Manifest | None) -> None:
    """Show the age of the newest row of each watched source, and whether it is fresh by its declaration."""
    if manifest is None:
        terminal.out.print("The age of sources is shown after the first `dreamseed build` of this home.")
        return
    rows = []
    for source in manifest.watched_sources():
        newest = newest_arrival(connection, source.relation, source.loaded_at)
        late = newest is not None and datetime.now(UTC) - newest > source.warn_after
        verdict = "empty" if newest is None else (f"warn: older than {source.warn_after.days} d" if late else "fresh")
        rows.append([source.relation.name, _minute(newest), _age(newest), verdict])
    terminal.print_table("Sources", ["table", "newest row", "age", "freshness"], rows)


def print_runs(settings: Settings, fit: str | None, limit: int) -> None:
    """List runs, newest first, with their gates; for one fit, also what its newest run reports about itself."""
    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    with warehouse.connect() as connection:
        rows = run_log.recent(connection, fit, limit)
        failed = any(row["error"] for row in rows)  # an empty column would take space from the others
        terminal.print_table("Runs", [*_RUN_COLUMNS, *["error"] * failed],
                            [[*_run_line(row), *[row["error"] or ""] * failed] for row in rows])
        path = settings.home / "target" / "manifest.json"
        if fit and path.exists():
            run_tables.print_newest(connection, Manifest.read(path).run_summaries(fit), rows)


def print_outcome(outcome: Outcome) -> None:
    """Show the result of one run: status, notices, gates."""
    terminal.out.print(f"{outcome.run_id}: {outcome.status}, {outcome.rows_in:,} rows in, {outcome.rows_out:,} out",
                      markup=False)
    for notice in outcome.notices:
        terminal.out.print(f"  notice: {notice}", markup=False)
    for gate in outcome.gates:
        terminal.out.print(f"  {'pass' if gate.passed else 'FAIL'}: {gate.line()}", markup=False)


def query(settings: Settings, text: str) -> tuple[list[str], list[Sequence[object]]]:
    """Run one query read-only; return (column names, rows). Raises UsageError if Postgres refuses it.

    It reads marts as the current release shows them; before the first release a line on stderr says so.
    """
    with Stack(settings).warehouse().connect_released() as connection:
        read_all_moments(connection)
        if releases.shown(connection) is None:
            terminal.err.print(_release_line(connection), markup=False)
        try:
            cursor = connection.execute(text.encode())
            columns = [column.name for column in cursor.description or []]
            return columns, list(cursor.fetchall()) if columns else []
        except psycopg.Error as error:
            raise UsageError(f"Postgres refuses the query: {str(error).strip()}.", "correct the SQL.") from error


def _release_line(connection: Connection) -> str:
    release = releases.shown(connection)
    if release is None:
        return "No release yet, so marts are shown as they are built: run `dreamseed build` or `dreamseed release`."
    runs = ", ".join(run_id for _, run_id in sorted(release.runs.items()))
    return f"Shown: {release.line()}. Runs: {runs or 'none'}."


def _rejected(connection: Connection) -> list[tuple[object, ...]]:
    """Return (reason code, rows) of `attempt_rejected`; empty before the first build."""
    built = connection.execute("select to_regclass('attempt_rejected')").fetchone()
    if built is None or built[0] is None:
        return []
    return connection.execute(
        "select reason_code, count(*) from attempt_rejected group by 1 order by 2 desc").fetchall()


_RUN_COLUMNS = ["run", "status", "as of", "age", "in", "out", "gates"]


def _run_line(row: dict[str, Any]) -> list[object]:
    gates = row["gates"] or []
    shown = "\n".join(f"{gate['name']} {'missing' if gate['value'] is None else format(gate['value'], '.3g')}"
                      f"{'' if gate['passed'] else ' FAIL'}" for gate in gates)
    age = _age(row["finished_at"] or row["started_at"])
    return [row["run_id"], row["status"], str(row["as_of"]), age, row["rows_in"], row["rows_out"], shown]


def _age(moment: datetime | None) -> str:
    if moment is None:
        return ""
    hours = (datetime.now(UTC) - moment).total_seconds() / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} d"


def _minute(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else ""
