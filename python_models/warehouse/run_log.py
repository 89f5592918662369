"""The table `fit_run`: every run, what determined its rows, how it ended."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from python_models.errors import BusyError, UsageError
from python_models.fitting.fit import Outcome
from python_models.warehouse.connection import Connection

# What determines a run's rows: two runs that agree in all of these are the same run.
_SAME = "fit = %s and as_of = %s and params = %s and input_hash = %s and service_version = %s"


@dataclass(frozen=True)
class Run:
    """What determines the rows of a run, and how many rows it read."""

    fit: str
    as_of: date
    params: dict[str, Any]
    input_hash: str
    service_version: str
    rows_in: int

    def run_id(self, number: int) -> str:
        """Return the id of the `number`-th attempt at this run; it is also the idempotency key on the wire."""
        facts = json.dumps([self.fit, str(self.as_of), self.params, self.input_hash, self.service_version],
                           sort_keys=True, default=str)
        return f"{self.fit}-{self.as_of:%Y%m%d}-{hashlib.sha256(facts.encode()).hexdigest()[:10]}-{number}"

    def identity(self) -> list[object]:
        """Return the values for the condition _SAME."""
        return [self.fit, self.as_of, Jsonb(self.params), self.input_hash, self.service_version]


@dataclass(frozen=True)
class Known:
    """An earlier run with the same identity."""

    run_id: str
    status: str
    rows_out: int


def same_run(connection: Connection, run: Run) -> Known | None:
    """Return the newest published or withdrawn run with the same identity.

    A published run counts only while it is the newest of its day: after A, B, A the third run is needed.
    """
    found = connection.execute(f"""
        select run_id, status, coalesce(rows_out, 0) from fit_run
        where {_SAME} and status in ('published', 'withdrawn')
            and (status = 'withdrawn' or pruned_at is null and started_at = (
                select max(started_at) from fit_run where fit = %s and as_of = %s and status = 'published'
                    and pruned_at is null))
        order by started_at desc limit 1""", [*run.identity(), run.fit, run.as_of]).fetchone()  # noqa: S608
    connection.commit()
    return Known(str(found[0]), str(found[1]), int(str(found[2]))) if found else None


def begin(connection: Connection, run: Run) -> str:
    """Insert the row `running` and commit; a run that was killed is resumed under its own id."""
    tried = connection.execute(f"select count(*) from fit_run where {_SAME} and status <> 'running'",  # noqa: S608
                               run.identity()).fetchone()
    run_id = run.run_id(int(str(tried[0])) + 1 if tried else 1)
    connection.execute("""
        insert into fit_run (run_id, fit, as_of, params, input_hash, service_version, rows_in, status, started_at)
        values (%s, %s, %s, %s, %s, %s, %s, 'running', clock_timestamp())
        on conflict (run_id) do update set started_at = excluded.started_at""",
        [run_id, *run.identity(), run.rows_in])
    connection.commit()
    return run_id


def finish(connection: Connection, outcome: Outcome) -> None:
    """Record how the run ended and commit, together with the rows already inserted in this transaction."""
    connection.execute("""
        update fit_run set status = %s, gates = %s, notices = %s, rows_out = %s, finished_at = clock_timestamp(),
            error = %s where run_id = %s""",
        [outcome.status, Jsonb([gate.record() for gate in outcome.gates]), Jsonb(list(outcome.notices)),
         outcome.rows_out, "; ".join(outcome.reasons) or None, outcome.run_id])
    connection.commit()


def fail(connection: Connection, run_id: str, error: str) -> None:
    """Record a failure and commit."""
    connection.execute("update fit_run set status = 'failed', error = %s, finished_at = clock_timestamp() "
                       "where run_id = %s", [error, run_id])
    connection.commit()


def fail_abandoned(connection: Connection, fit: str, keep: Run) -> None:
    """Mark runs as failed whose runner died: under the fit's lock no other runner can be at work.

    `keep` is about to be resumed under its own id, so its row stays.
    """
    connection.execute(f"""
        update fit_run set status = 'failed', finished_at = clock_timestamp(),
            error = 'the runner ended before the fit did'
        where fit = %s and status = 'running' and not ({_SAME})""", [fit, *keep.identity()])  # noqa: S608
    connection.commit()


def rollback(connection: Connection, fit: str) -> tuple[str, str | None]:
    """Withdraw the newest published run of `fit`; return (its id, the id that is current now or None)."""
    newest = "select run_id from fit_run where fit = %s and status = 'published' and pruned_at is null " \
             "order by as_of desc, started_at desc limit 1"
    withdrawn = connection.execute(
        f"update fit_run set status = 'withdrawn' where run_id = ({newest}) returning run_id",  # noqa: S608
        [fit]).fetchone()
    if withdrawn is None:
        raise UsageError(f"Fit {fit!r} has no published run to withdraw.", "see `dreamseed runs`.")
    remaining = connection.execute(newest, [fit]).fetchone()
    connection.commit()
    return str(withdrawn[0]), str(remaining[0]) if remaining else None


def published(connection: Connection, fit: str, run_id: str | None = None) -> str:
    """Return the id of the newest published run of `fit` that has its rows, or of `run_id` if that is one."""
    found = connection.execute("""
        select run_id from fit_run
        where fit = %s and status = 'published' and pruned_at is null and coalesce(run_id = %s, true)
        order by as_of desc, started_at desc limit 1""", [fit, run_id]).fetchone()
    connection.commit()
    if found is None:
        what = f"run {run_id!r}" if run_id else "run"
        raise UsageError(f"Fit {fit!r} has no published {what} that still has its rows.",
                         f"see `dreamseed runs {fit}`.")
    return str(found[0])


def current_runs(connection: Connection) -> dict[str, str]:
    """Return the id of the newest published run of each fit that has its rows."""
    return {str(fit): str(run_id) for fit, run_id in connection.execute("""
        select distinct on (fit) fit, run_id from fit_run where status = 'published' and pruned_at is null
        order by fit, as_of desc, started_at desc""")}


def recent(connection: Connection, fit: str | None = None, limit: int = 20) -> list[dict[str, Any]]:
    """Return the newest runs (all fits, or one), newest first, as dictionaries of fit_run's columns."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("""
            select * from fit_run where %s::text is null or fit = %s
            order by started_at desc limit %s""", [fit, fit, limit]).fetchall()
    connection.commit()
    return rows


def now(connection: Connection) -> datetime:
    """Return the time of the database's clock, the only one that runs are stamped with."""
    found = connection.execute("select clock_timestamp()").fetchone()
    if found is None or not isinstance(found[0], datetime):
        raise BusyError("The database did not return its time.", "try again.")
    return found[0]
