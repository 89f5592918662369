"""The table `test_result`: the last result of each data test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from python_models.warehouse.connection import Connection


def record(connection: Connection, results: Sequence[Mapping[str, Any]], names: Mapping[str, str], as_of: date) -> None:
    """Store the newest result of each data test, and commit.

    `results` are those of dbt's run_results.json; `names` has a readable name for the unique id of every data test of
    the project. The results of tests that are not among them are deleted.
    """
    rows = [(r["unique_id"], names[r["unique_id"]], r["status"], r.get("failures"), r.get("message"), as_of)
            for r in results if r["unique_id"] in names]
    with connection.cursor() as cursor:
        cursor.executemany("""
            insert into test_result (unique_id, name, status, failures, message, as_of, tested_at)
            values (%s, %s, %s, %s, %s, %s, clock_timestamp())
            on conflict (unique_id) do update set name = excluded.name, status = excluded.status,
                failures = excluded.failures, message = excluded.message, as_of = excluded.as_of,
                tested_at = excluded.tested_at""", rows)
        cursor.execute("delete from test_result where unique_id <> all(%s)", [list(names)])
    connection.commit()


def counts(connection: Connection) -> list[tuple[object, ...]]:
    """Return (status, tests, oldest, newest tested_at), one row per status."""
    return connection.execute(
        "select status, count(*), min(tested_at), max(tested_at) from test_result group by 1 order by 1").fetchall()


def not_passed(connection: Connection) -> list[dict[str, Any]]:
    """Return the last results that are not a pass, newest first, as dictionaries of the table's columns."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from test_result where status <> 'pass' order by tested_at desc, name").fetchall()
