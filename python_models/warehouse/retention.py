"""Retention: old runs lose the rows they landed, while the run log keeps the runs.

Rows that something may still read are kept. The KPIs of a week read the newest run that was current by the end of that
week. So the newest current run of each fit and ISO week keeps its rows forever, and a full refresh gives the same weeks
as before. The newest current run of a fit is one of these. The runs of the release that readers see, and of the one
before it, keep theirs too. Runs that are still running are left alone. Alerts and grades made from a pruned run stay in
their tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from python_models.fitting.fit import Fit
from python_models.warehouse.connection import Connection, identifier

# The current run of a day is the published run that was started last, unless the run whose stored model it used was
# withdrawn. Staging models use the same rule.
PRUNABLE = """
    with known as (
        select run_id, as_of, started_at, status, status = 'published' and coalesce((
            select model.status from fit_run as model where model.run_id = run.params ->> 'model_run_id'
            ), 'published') = 'published' as counts
        from fit_run as run
        where fit = %(fit)s and pruned_at is null and status <> 'running'
    ), runs as (
        select *, counts and row_number() over (
            partition by as_of, counts order by started_at desc, run_id desc) = 1 as is_current
        from known
    ), placed as (
        select *, row_number() over (
            partition by date_trunc('week', as_of::timestamp), is_current order by as_of desc) as place
        from runs
    )
    select run_id, as_of, status from placed
    where as_of < %(before)s and not (is_current and place = 1) and run_id not in (
        select value from release cross join jsonb_each_text(runs) where state in ('shown', 'previous'))
    order by as_of, started_at, run_id"""


@dataclass(frozen=True)
class PrunedRun:
    """A run and how many landing rows it lost, by table."""

    fit: str
    run_id: str
    as_of: date
    status: str
    rows: dict[str, int]


def prunable(connection: Connection, fit: Fit, before: date) -> list[PrunedRun]:
    """Return the runs of `fit` older than `before` whose rows can be removed, oldest first, with their row counts.

    Runs that landed no row, because they failed, are left out.
    """
    found = connection.execute(PRUNABLE, {"fit": fit.name, "before": before}).fetchall()
    counts = {table.relation.name: _counts(connection, fit, table.relation.name, [str(run[0]) for run in found])
              for table in fit.landing}
    runs = [PrunedRun(fit.name, str(run_id), as_of, str(status),  # type: ignore[arg-type]
                      {table: rows.get(str(run_id), 0) for table, rows in counts.items()})
            for run_id, as_of, status in found]
    return [run for run in runs if any(run.rows.values())]


def prune(connection: Connection, fit: Fit, run: PrunedRun) -> None:
    """Remove one run's landing rows and mark the run, in one transaction. The fit's lock must be held."""
    for table in fit.landing:
        connection.execute(sql.SQL("delete from {} where run_id = %s").format(identifier(table.relation)), [run.run_id])
    connection.execute("update fit_run set pruned_at = clock_timestamp() where run_id = %s", [run.run_id])
    connection.commit()


def _counts(connection: Connection, fit: Fit, table: str, run_ids: Sequence[str]) -> dict[str, int]:
    relation = next(landing.relation for landing in fit.landing if landing.relation.name == table)
    rows = connection.execute(sql.SQL("select run_id, count(*) from {} where run_id = any(%s) group by 1").format(
        identifier(relation)), [list(run_ids)]).fetchall()
    return {str(run_id): int(str(count)) for run_id, count in rows}
