"""The tables `report_artifacts` and `class_report_artifacts`: which reports were delivered, and where the files are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from python_models.warehouse.connection import Connection

TABLES = {"reports": ("report_artifacts", "user_id"), "classes": ("class_report_artifacts", "classroom_id")}


@dataclass(frozen=True)
class Artifact:
    """A delivered file: `kind` is `reports` (of a learner) or `classes`; `owner` the learner's or the class's id."""

    kind: str
    owner: str
    week_start: date
    form: str
    url: str


def record(connection: Connection, delivered: Sequence[Artifact]) -> None:
    """Write one row per delivered file, replacing that of an earlier delivery, and commit."""
    with connection.cursor() as cursor:
        for kind, (table, owner) in TABLES.items():
            rows = [(a.owner, a.week_start, a.form, a.url) for a in delivered if a.kind == kind]
            cursor.executemany(sql.SQL("""
                insert into {table} ({owner}, week_start, format, url, generated_at)
                values (%s, %s, %s, %s, clock_timestamp())
                on conflict ({owner}, week_start, format) do update
                set url = excluded.url, generated_at = excluded.generated_at""").format(
                    table=sql.Identifier(table), owner=sql.Identifier(owner)), rows)
    connection.commit()


def files_about(connection: Connection, user_id: str) -> list[str]:
    """Return the URLs of the reports about a learner: their own, and those of every class they were in."""
    found = connection.execute("""
        select url from report_artifacts where user_id = %(user)s
        union
        select url from class_report_artifacts
        where classroom_id in (select classroom_id from session where user_id = %(user)s)
        order by 1""", {"user": user_id}).fetchall()
    return [str(row[0]) for row in found]


def forget(connection: Connection, urls: Sequence[str]) -> None:
    """Remove the rows of files that were removed. No commit."""
    for table, _ in TABLES.values():
        connection.execute(sql.SQL("delete from {} where url = any(%s)").format(sql.Identifier(table)), [list(urls)])
