"""The plan and the results of jobs, as tables, lines and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestration import terminal
from orchestration.graph.plan import Slice
from orchestration.jobs.refusals import Refusal
from python_models.fitting.fit import Outcome


def plan_record(slices: Sequence[Slice]) -> dict[str, Any]:
    """Return the result of `plan --json`."""
    return {"fits": [{"fit": one.fit, "waits_for": one.waits_for, "run_by": one.job or "run",
                      "before": one.before, "after": one.after} for one in slices]}


def print_plan(slices: Sequence[Slice]) -> None:
    """Show the plan as a table."""
    terminal.print_table("Plan", ["fit", "waits for", "run by", "dbt builds before", "dbt builds after"],
                         [[one.fit, ", ".join(one.waits_for) or "(nothing)", one.job or "run", " ".join(one.before),
                           " ".join(one.after)] for one in slices])


def parts(ended: Sequence[Outcome | Refusal]) -> tuple[list[Outcome], list[Refusal]]:
    """Return the runs, and the fits that had too little data."""
    return ([one for one in ended if isinstance(one, Outcome)], [one for one in ended if isinstance(one, Refusal)])


def record(runs: Sequence[Outcome], refusals: Sequence[Refusal]) -> dict[str, Any]:
    """Return the result of `fit --json`, `run --json` and `detect-inactivity --json`."""
    return {
        "runs": [{"run_id": run.run_id, "fit": run.fit, "as_of": run.as_of, "status": run.status,
                  "rows_in": run.rows_in, "rows_out": run.rows_out, "gates": [gate.record() for gate in run.gates],
                  "notices": run.notices, "warnings": run.warnings} for run in runs],
        "not_estimable": [{"fit": one.fit, "as_of": one.as_of, "reason": one.reason.message} for one in refusals]}


def print_all(runs: Sequence[Outcome], refusals: Sequence[Refusal]) -> None:
    """Show each run with its notices, warnings and gates, and each fit that had too little data."""
    for run in runs:
        print_outcome(run)
    for refusal in refusals:
        terminal.out.print(f"too little data: {refusal.line()}", markup=False)


def print_outcome(run: Outcome) -> None:
    """Show the result of one run: status, notices, warnings, gates."""
    terminal.out.print(f"{run.run_id}: {run.status}, {run.rows_in:,} rows in, {run.rows_out:,} out", markup=False)
    for notice in run.notices:
        terminal.out.print(f"  notice: {notice}", markup=False)
    for warning in run.warnings:
        terminal.out.print(f"  warning: {warning}", markup=False)
    for gate in run.gates:
        terminal.out.print(f"  {'pass' if gate.passed else 'FAIL'}: {gate.line()}", markup=False)
