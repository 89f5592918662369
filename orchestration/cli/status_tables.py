"""What `status` knows: the stack, the release, runs, data tests, sources, rejected answers; as JSON and as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from orchestration import terminal
from orchestration.cli import run_tables
from orchestration.graph.manifest import Manifest
from orchestration.settings import Settings
from orchestration.stack.services import RServices
from orchestration.stack.stack import Stack
from python_models.warehouse import data_test_log, releases, run_log
from python_models.warehouse.connection import Connection, newest_arrival
from python_models.warehouse.releases import Release

READY = {True: "ready", False: "not ready", None: "down"}
Record = dict[str, Any]


def read_stack(settings: Settings) -> list[Record]:
    """Return each part of the stack with its state and place."""
    stack, services = Stack(settings), RServices(settings)
    pid = stack.postgres.pid()
    place = "DATABASE_URL" if settings.database_url else f"{settings.home / 'postgres'}"
    state = "your own" if settings.database_url else (f"up (process {pid})" if pid else "down")
    parts: list[Record] = [{"part": "postgres", "state": state, "where": place}]
    for name in services.known():
        process = services.running().get(name)
        where = str(settings.value(f"R_{name}_BASE_URL")) or (f"http://127.0.0.1:{process.port}" if process else None)
        parts.append({"part": f"r-{name}-plumber", "state": READY[services.is_ready(name)], "where": where})
    return parts


def print_stack(settings: Settings, parts: list[Record]) -> None:
    """Show which parts of the stack are up, and where."""
    terminal.print_table(f"Stack of {settings.home}", ["part", "state", "where"],
                         [list(part.values()) for part in parts])


def read_status(settings: Settings) -> Record:
    """Return the result of `status --json`; what is in the database is null while the embedded Postgres is down."""
    parts = read_stack(settings)
    names = ("release", "newest_runs", "data_tests", "sources", "rejected_answers")
    if not settings.database_url and Stack(settings).postgres.pid() is None:
        return {"home": str(settings.home), "stack": parts, **dict.fromkeys(names)}
    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    path = settings.home / "target" / "manifest.json"
    manifest = Manifest.read(path) if path.exists() else None
    fits = manifest.fits() if manifest else {}
    with warehouse.connect_released() as connection:
        newest: dict[str, Record] = {}
        for row in run_log.recent(connection, limit=1000):
            newest.setdefault(row["fit"], row)
        found = (_release(releases.shown(connection)), [run_tables.record(row, fits) for row in newest.values()],
                 _tests(connection, manifest), _sources(connection, manifest), _rejected(connection))
    return {"home": str(settings.home), "stack": parts, **dict(zip(names, found, strict=True))}


def print_status(settings: Settings, status: Record) -> None:
    """Show what `read_status` returned."""
    print_stack(settings, status["stack"])
    if status["data_tests"] is None:
        terminal.out.print("Start it with `dreamseed up`.")
        return
    terminal.out.print(status["release"]["line"] if status["release"] else release_line(None), markup=False)
    run_tables.print_table("Newest run of each fit", status["newest_runs"])
    tests = status["data_tests"]
    terminal.print_table("Data tests, last results", ["result", "tests", "oldest", "newest"],
                         [[row["result"], row["n_tests"], _minute(row["oldest_at"]), _minute(row["newest_at"])]
                          for row in tests["counts"]])
    if tests["not_passed"]:
        columns = ["test", "result", "rows", "as of", "when", "what it means"]
        terminal.print_table("Data tests that did not pass", columns, [
            [row["test"], row["result"], row["n_rows"], row["as_of"], _minute(row["tested_at"]), row["meaning"]]
            for row in tests["not_passed"]])
    if status["sources"] is None:
        terminal.out.print("The age of sources is shown after the first `dreamseed build` of this home.")
    else:
        terminal.print_table("Sources", ["table", "newest row", "age", "freshness"], [
            [row["table"], _minute(row["newest_at"]), run_tables.age(row["newest_at"]), row["freshness"]]
            for row in status["sources"]])
    terminal.print_table("Rejected answers", ["reason", "rows"],
                         [[row["reason"], row["n_rows"]] for row in status["rejected_answers"]])


def release_line(release: Release | None) -> str:
    """Return the line about the release that readers see."""
    if release is None:
        return "No release yet, so marts are shown as they are built: run `dreamseed build` or `dreamseed release`."
    runs = ", ".join(run_id for _, run_id in sorted(release.runs.items()))
    return f"Shown: {release.line()}. Runs: {runs or 'none'}."


def _release(release: Release | None) -> Record | None:
    if release is None:
        return None
    return {"release_id": release.release_id, "as_of": release.as_of, "runs": release.runs,
            "line": release_line(release)}


def _tests(connection: Connection, manifest: Manifest | None) -> Record:
    """Return the last results of the data tests: counts, and every test that did not pass, with its description."""
    counts = [{"result": result, "n_tests": n, "oldest_at": oldest, "newest_at": newest}
              for result, n, oldest, newest in data_test_log.counts(connection)]
    bad = [{"test": row["name"], "result": row["status"], "n_rows": row["failures"], "as_of": row["as_of"],
            "tested_at": row["tested_at"],
            "meaning": (manifest.explanation(row["unique_id"]) if manifest else "") or row["message"] or None}
           for row in data_test_log.not_passed(connection)]
    return {"counts": counts, "not_passed": bad}


def _sources(connection: Connection, manifest: Manifest | None) -> list[Record] | None:
    """Return the newest row of each watched source, and whether it is fresh by its declaration; None: not known yet."""
    if manifest is None:
        return None
    rows = []
    for source in manifest.watched_sources():
        newest = newest_arrival(connection, source.relation, source.loaded_at)
        late = newest is not None and datetime.now(UTC) - newest > source.warn_after
        verdict = "empty" if newest is None else (f"warn: older than {source.warn_after.days} d" if late else "fresh")
        rows.append({"table": source.relation.name, "newest_at": newest, "freshness": verdict})
    return rows


def _rejected(connection: Connection) -> list[Record]:
    """Return the rows of `attempt_rejected` by reason code; none before the first build."""
    built = connection.execute("select to_regclass('attempt_rejected')").fetchone()
    if built is None or built[0] is None:
        return []
    return [{"reason": reason, "n_rows": n} for reason, n in connection.execute(
        "select reason_code, count(*) from attempt_rejected group by 1 order by 2 desc")]


def _minute(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else ""
