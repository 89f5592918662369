"""Runs of fits as tables and as JSON, and summaries of one run, from the views `<fit>_run_summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from orchestration import terminal
from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import Settings
from python_models.fitting.fit import Fit, Gate
from python_models.warehouse import run_log
from python_models.warehouse.connection import Connection, identifier
from python_models.warehouse.tables import Relation

LANDED = ("published", "rejected", "withdrawn")
FACTS = ("run_id", "fit", "as_of", "status", "started_at", "finished_at", "rows_in", "rows_out", "gates", "notices",
         "error")
Record = dict[str, Any]


def read_runs(settings: Settings, fit: str | None, limit: int) -> Record:
    """Return the result of `runs --json`: runs, newest first, and for one fit also the summaries of its newest run."""
    pipeline = Pipeline(settings)
    pipeline.warehouse.require_tables()
    path = settings.home / "target" / "manifest.json"
    manifest = Manifest.read(path) if path.exists() else pipeline.dbt(datetime.now(UTC).date()).parse()
    with pipeline.warehouse.connect() as connection:
        rows = run_log.recent(connection, fit, limit)
        newest = summaries(connection, manifest.run_summaries(fit), rows) if fit else None
    fits = manifest.fits()
    return {"runs": [record(row, fits) for row in rows], "newest": newest}


def print_runs(runs: Record) -> None:
    """Show what `read_runs` returned."""
    print_table("Runs", runs["runs"])
    print_newest(runs["newest"])


def print_newest(newest: Record | None) -> None:
    """Show the summaries of one run; nothing if no run landed."""
    if newest is None:
        return
    for view in newest["summaries"]:
        terminal.print_table(f"{view['name']} of {newest['run_id']}",
                             *layout(view["columns"], [list(row.values()) for row in view["rows"]]))


def record(row: Mapping[str, Any], fits: Mapping[str, Fit]) -> Record:
    """Return a row of `fit_run` with the warnings that its fit's cautions call for."""
    fit = fits.get(row["fit"])
    values = {gate["name"]: gate["value"] for gate in row["gates"] or []}
    return {**{name: row[name] for name in FACTS}, "gates": row["gates"] or [], "notices": row["notices"] or [],
            "warnings": fit.warnings(values) if fit else []}


def print_table(title: str, runs: Sequence[Record]) -> None:
    """Show runs with their gates, then the warnings; a column that is empty would take space from the others."""
    failed = any(run["error"] for run in runs)
    columns = ["run", "status", "as of", "age", "in", "out", "gates", *["error"] * failed]
    terminal.print_table(title, columns, [
        [run["run_id"], run["status"], run["as_of"], age(run["finished_at"] or run["started_at"]), run["rows_in"],
         run["rows_out"], _gates(run["gates"]), *[run["error"] or ""] * failed] for run in runs])
    for run in runs:
        for warning in run["warnings"]:
            terminal.out.print(f"warning: {run['run_id']}: {warning}", markup=False)


def summaries(connection: Connection, views: Sequence[Relation], runs: Sequence[Mapping[str, Any]]) -> Record | None:
    """Return the rows of `views` for the first of `runs` that landed; None if none did."""
    run_id = next((run["run_id"] for run in runs if run["status"] in LANDED), None)
    if run_id is None:
        return None
    found = [(view.name, *_rows(connection, view, run_id)) for view in views]
    return {"run_id": run_id, "summaries": [
        {"name": name, "columns": columns, "rows": [dict(zip(columns, row, strict=True)) for row in rows]}
        for name, columns, rows in found if rows]}


def layout(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[list[str], list[list[object]]]:
    """Return (headings, rows); a table that is wider than long is turned, so that it fits a narrow terminal."""
    table = [[_short(value) for value in row] for row in rows]
    if len(rows) >= len(columns):
        return list(columns), table
    head, *body = zip(columns, *table, strict=True)
    return [str(cell) for cell in head], [list(row) for row in body]


def age(moment: datetime | None) -> str:
    """Return how long ago a moment was, in hours or days."""
    if moment is None:
        return ""
    hours = (datetime.now(UTC) - moment).total_seconds() / 3600
    if hours < 0:
        return "in the future"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} d"


def _gates(gates: Sequence[Mapping[str, Any]]) -> str:
    read = [Gate(gate["name"], gate["value"], gate["lower"], gate["upper"]) for gate in gates]
    return "\n".join(f"{gate.name} {gate.shown()}{'' if gate.passed else ' FAIL'}" for gate in read)


def _rows(connection: Connection, view: Relation, run_id: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the columns after run_id and the run's rows, in the order of their first columns."""
    built = connection.execute("select to_regclass(%s)", [identifier(view).as_string(connection)]).fetchone()
    if built is None or built[0] is None:
        return [], []
    cursor = connection.execute(sql.SQL("select * from {} where run_id = %s order by 2, 3").format(identifier(view)),
                                [run_id])
    return [column.name for column in cursor.description or []][1:], [row[1:] for row in cursor.fetchall()]


def _short(value: object) -> object:
    """Return a number as a person reads it: three significant digits, all of a whole number."""
    return value if not isinstance(value, float) or value.is_integer() else float(f"{value:.3g}")
