"""Metrics of the warehouse for Prometheus: how fits ended, how old they are, whether predictions still hold.

Names and labels are a contract with alert rules and dashboards (docs/operations.md). Everything is read from the
database, in one read-only snapshot, with one query per relation; marts are those of the current release. Metrics of a
relation that is not built yet are left out, because an alert must not confuse "no rows" with "not known". Results of
queries that read a large table are kept for KEPT_SECONDS: only builds change them, and a scrape every half minute must
not read every attempt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from python_models.warehouse.connection import Connection, Warehouse

STATEMENT_TIMEOUT = "25s"  # Prometheus does not wait longer for a scrape
KEPT_SECONDS = 600.0

Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Query:
    """One query on the relations `needs`: its columns are the labels of all families, then one value per family.

    A null value gives no sample. A query that `is_large` reads a whole table that only builds change.
    """

    needs: tuple[str, ...]
    labels: tuple[str, ...]
    families: tuple[tuple[str, str], ...]  # name, help
    text: str
    is_large: bool = False


# The newest ended run of each fit; joined into the queries below, which hold no user input.
_NEWEST = "(select distinct on (fit) * from fit_run where finished_at is not null " \
          "order by fit, finished_at desc, run_id) as newest"

QUERIES = (
    Query(("fit_run",), ("fit", "status"), (
        ("dreamseed_fit_runs", "Runs in the log by how they ended."),
        ("dreamseed_fit_last_run_timestamp_seconds", "When the newest run of each status ended."),
    ), "select fit, status, count(*), extract(epoch from max(finished_at)) from fit_run group by 1, 2"),
    Query(("fit_run",), ("fit", "status"), (
        ("dreamseed_fit_last_status", "1 for the status with which the newest ended run ended, else 0."),
    ), f"""select fit, known, (known = status)::integer
        from {_NEWEST} cross join unnest(array['published', 'rejected', 'failed', 'withdrawn']) as known"""),  # noqa: S608
    Query(("fit_run",), ("fit",), (
        ("dreamseed_fit_duration_seconds", "How long the newest ended run took."),
    ), f"select fit, extract(epoch from finished_at - started_at) from {_NEWEST}"),  # noqa: S608
    Query(("fit_run",), ("fit", "direction"), (
        ("dreamseed_fit_rows", "Rows that the newest ended run read (in) and landed (out)."),
    ), f"""select fit, direction, case direction when 'in' then rows_in else rows_out end
        from {_NEWEST} cross join unnest(array['in', 'out']) as direction"""),  # noqa: S608
    Query(("fit_run",), ("fit",), (
        ("dreamseed_fit_as_of_timestamp_seconds", "The last day that the current published run knows (midnight UTC)."),
    ), """select fit, extract(epoch from max(as_of)::timestamp) from fit_run
        where status = 'published' and pruned_at is null group by 1"""),
    Query(("fit_run",), ("fit", "gate"), (
        ("dreamseed_gate_value", "Value of each gate of the newest ended run."),
        ("dreamseed_gate_passed", "1 if the gate passed, else 0."),
    ), f"""select fit, gate ->> 'name', (gate ->> 'value')::double precision, (gate ->> 'passed')::boolean::integer
        from {_NEWEST} cross join jsonb_array_elements(coalesce(gates, '[]')) as gate"""),  # noqa: S608
    Query(("attempt", "attempt_rejected"), (), (
        ("dreamseed_rejected_share", "Rejected of all answers that arrived in the newest 7 days of arrival."),
    ), """with days as (
            select (arrived_at at time zone 'UTC')::date as day, count(*) as n, 0 as rejected from attempt group by 1
            union all
            select (arrived_at at time zone 'UTC')::date, count(*), count(*) from attempt_rejected group by 1),
        recent as (select * from days where day > (select max(day) from days) - 7)
        select sum(rejected) / nullif(sum(n), 0) from recent""", is_large=True),
    Query(("prediction_calibration",), ("prediction",), (
        ("dreamseed_calibration_slope", "Slope of outcome on prediction, newest judged week."),
    ), """select distinct on (kind) kind, slope from prediction_calibration where is_judged
        order by kind, week_start desc""", is_large=True),
    Query(("prediction_calibration",), ("prediction",), (
        ("dreamseed_calibration_in_band", "1 while none of the newest four graded weeks is off, else 0."),
    ), """select kind, (not bool_or(is_gap_off or is_slope_off or coalesce(is_coverage_off, false)))::integer
        from (select *, max(week_start) over (partition by kind) as newest from prediction_calibration) as weeks
        where week_start > newest - 28 group by 1""", is_large=True),
    Query(("test_result",), ("status",), (
        ("dreamseed_data_tests", "Data tests by their latest result."),
    ), "select status, count(*) from test_result group by 1"),
    Query(("release",), (), (
        ("dreamseed_release_id", "The release that readers see."),
        ("dreamseed_release_as_of_timestamp_seconds", "The last day that the release knows (midnight UTC)."),
    ), "select release_id, extract(epoch from as_of::timestamp) from release where state = 'shown'"),
    Query(("build_mark",), (), (
        ("dreamseed_last_build_timestamp_seconds", "When a build last took in changes."),
    ), "select extract(epoch from max(built_at)) from build_mark"),
)


class WarehouseCollector(Collector):
    """Reads the warehouse at every scrape. Raises BusyError if the database is away."""

    def __init__(self, warehouse: Callable[[], Warehouse]) -> None:
        """Take a function that finds the warehouse; it is called at every scrape, so a database may come back."""
        self.warehouse = warehouse
        self._kept: dict[Query, tuple[float, Rows]] = {}  # time of reading, rows

    def collect(self) -> Iterable[Metric]:
        """Return every family whose relations are built."""
        with self.warehouse().connect_released() as connection:
            connection.execute("select set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT])
            return [family for query in QUERIES for family in _families(query, self._rows(connection, query))]

    def _rows(self, connection: Connection, query: Query) -> Rows | None:
        """Return the query's rows, of a large query those kept; None if a relation is not built yet."""
        if not all(_exists(connection, name) for name in query.needs):
            return None
        read_at, rows = self._kept.get(query, (0.0, []))
        if not read_at or time.monotonic() - read_at > KEPT_SECONDS:
            rows = connection.execute(query.text.encode()).fetchall()
            if query.is_large:
                self._kept[query] = time.monotonic(), rows
        return rows


def registry(warehouse: Callable[[], Warehouse]) -> CollectorRegistry:
    """Return a registry with the warehouse's metrics and no others; `warehouse` is called at every scrape."""
    metrics = CollectorRegistry(auto_describe=False)
    metrics.register(WarehouseCollector(warehouse))
    return metrics


def _families(query: Query, rows: Rows | None) -> Iterator[Metric]:
    if rows is None:
        return
    width = len(query.labels)
    for place, (name, description) in enumerate(query.families):
        family = GaugeMetricFamily(name, description, labels=query.labels)
        for row in rows:
            if row[width + place] is not None:
                family.add_metric([str(label) for label in row[:width]], float(str(row[width + place])))
        yield family


def _exists(connection: Connection, name: str) -> bool:
    found = connection.execute("select to_regclass(%s) is not null", [name]).fetchone()
    return bool(found and found[0])
