"""Runs one fit from end to end: lock, COPY out, POST, poll, check, gates, COPY in, one transaction.

Knows no fit by name. A run is identified by what determines its rows (fit, as_of, parameters, input, service version):
the same identity is never fitted twice once published. A run that was killed is resumed under the same idempotency
key, so a rerun converges to the same state.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from python_models.errors import ContractError, DreamseedError, RejectedError
from python_models.fitting.client import Progress, ServiceAddress, ServiceClient
from python_models.fitting.contract import check_tables, read_gates
from python_models.fitting.fit import Fit, Outcome
from python_models.warehouse import run_log
from python_models.warehouse.connection import Connection, Warehouse
from python_models.warehouse.copy import copy_in, copy_out, read_row
from python_models.warehouse.run_log import Run
from python_models.warehouse.tables import LandingTable


@dataclass(frozen=True)
class Request:
    """What to run: a fit as of a day, with its parameters, on a warehouse, through a service."""

    fit: Fit
    as_of: date
    params: Mapping[str, Any]
    warehouse: Warehouse
    address: ServiceAddress
    lock_wait_seconds: float = 60
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Inputs:
    """What a fit receives: its tables as files, its stored parameters, and a hash that identifies both."""

    parts: Mapping[str, Path]
    rows: int
    stored: Mapping[str, Any]
    hash: str

    def loggable(self) -> dict[str, Any]:
        """Return the stored parameters that the run log can hold; an object (a model) is covered by the hash."""
        return {name: value for name, value in self.stored.items() if not isinstance(value, dict | list)}


def run_fit(request: Request, on_progress: Progress | None = None) -> Outcome:
    """Run one fit and publish it, if its gates pass.

    Returns the Outcome (published, rejected, unchanged or dry-run). Raises BusyError (lock or service), NotEstimable,
    ServiceError, ContractError; a failure is recorded in `fit_run` before it is raised.
    """
    with request.warehouse.lock("fit", request.lock_wait_seconds, request.fit.name), \
            request.warehouse.connect() as connection, \
            ServiceClient(request.address) as client, tempfile.TemporaryDirectory() as folder:
        return _LockedRun(request, connection, client, Path(folder), on_progress or (lambda state: None)).execute()


class _LockedRun:
    """One run under its fit's lock: everything it needs, and the steps in order."""

    def __init__(self, request: Request, connection: Connection, client: ServiceClient, folder: Path,
                 on_progress: Progress) -> None:
        self.request, self.connection, self.client, self.folder = request, connection, client, folder
        self.on_progress = on_progress

    def execute(self) -> Outcome:
        fit = self.request.fit
        inputs = self._copy_inputs()
        run = Run(fit.name, self.request.as_of, {**self.request.params, **inputs.loggable()}, inputs.hash,
                  self.client.version(), inputs.rows)
        if self.request.dry_run:
            return Outcome(run.run_id(1), "dry-run", inputs.rows, 0)
        run_log.fail_abandoned(self.connection, fit.name, keep=run)
        known = run_log.same_run(self.connection, run)
        if known and not self.request.force:
            return self._outcome_of_known(known, inputs.rows)
        run_id = run_log.begin(self.connection, run)
        try:
            return self._fit(run_id, inputs)
        except DreamseedError as error:
            self.connection.rollback()
            run_log.fail(self.connection, run_id, str(error))
            raise

    def _outcome_of_known(self, known: run_log.Known, rows_in: int) -> Outcome:
        if known.status == "withdrawn":
            raise RejectedError(f"Run {known.run_id} had the same input and was withdrawn.",
                                "correct the input or the service, or fit again with `--force`.")
        return Outcome(known.run_id, "unchanged", rows_in, known.rows_out)

    def _copy_inputs(self) -> Inputs:
        """Copy every input out under one snapshot, so that the tables agree with each other."""
        self.connection.execute("set transaction isolation level repeatable read, read only")
        parts, total, digest = {}, 0, hashlib.sha256()
        for table in self.request.fit.inputs:
            self._report_stage("copying the input", table=table.relation.name)
            path = self.folder / f"{table.wire_table}.csv.gz"
            rows, table_hash = copy_out(self.connection, table, path)
            digest.update(f"{table.wire_table}:{table_hash};".encode())
            parts[table.wire_table], total = path, total + rows
        stored: dict[str, Any] = {}
        for row in self.request.fit.stored:
            stored |= read_row(self.connection, row)
            digest.update(json.dumps(stored, sort_keys=True).encode())
        self.connection.commit()
        return Inputs(parts, total, stored, digest.hexdigest())

    def _fit(self, run_id: str, inputs: Inputs) -> Outcome:
        fit = self.request.fit
        params = {"as_of": self.request.as_of.isoformat(), **self.request.params, **inputs.stored}
        self._report_stage("sending")
        job, result = self.client.fit(fit.endpoint, params, inputs.parts, run_id, fit.deadline_seconds,
                                      self.on_progress)
        gates = read_gates(result)
        check_tables(fit, result.get("tables", []))
        status = "published" if all(gate.passed for gate in gates) else "rejected"
        notices = tuple(str(notice) for notice in result.get("notices") or [])
        outcome = Outcome(run_id, status, inputs.rows, self._land(run_id, job), gates, notices)
        run_log.finish(self.connection, outcome)  # the status flips last, in the rows' own transaction
        return outcome

    def _land(self, run_id: str, job: str) -> int:
        """Fetch all tables of `job`, then append them; return the rows. No commit."""
        fit = self.request.fit
        files = {table: self.folder / f"{table.relation.name}.csv" for table in fit.landing}
        for table, path in files.items():
            self.client.fetch_table(job, table.relation.name, path)
        fitted_at, counts = run_log.now(self.connection), dict[LandingTable, int]()
        for table, path in files.items():
            self._report_stage("landing", done=len(counts), total=len(files), table=table.relation.name)
            counts[table] = copy_in(self.connection, table, path, run_id, fitted_at)
        empty = [table.relation.name for table, rows in counts.items() if not rows and not table.may_be_empty]
        if empty:
            raise ContractError(f"{fit.service} left {', '.join(empty)} without rows.",
                                "read the service's log, or declare in the source's meta that the table may be empty.")
        return sum(counts.values())

    def _report_stage(self, stage: str, **facts: object) -> None:
        """Report a stage of the runner itself, in the form in which services report theirs."""
        self.on_progress({"state": "running", "progress": {"stage": stage, **facts}})
