"""Bulk answers from a tidy file (CSV, CSV.gz or Parquet) into `attempt_log`: all of a file or nothing.

The file is read in chunks, parsed column by column with its line numbers, and copied into a temporary table. One
statement then gives every row its `source_id` and inserts the rows that are not there yet. dbt decides what counts as
an attempt: a row without learner, item, verdict or moment is inserted as it is, and only counted here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from python_models.answers.findings import Findings
from python_models.answers.parsing import parse_chunk
from python_models.answers.reading import read_chunks

__all__ = ["LoadCount", "land", "load", "stage"]

STAGE: LiteralString = """
    create temp table attempt_file (line bigint, user_id text, item_id text, topic_id text, correct boolean,
        completed_at timestamptz, response_time_ms int, hints int, session_id text) on commit drop"""

# The first of identical rows is named by its content, a later one by content and ordinal. Rows are therefore inserted
# in the order of the primary key, which is fast even for ten million. The moment is hashed as microseconds, because its
# text would depend on the connection's settings. "not exists" is safe because one load runs at a time (the warehouse's
# lock "load"); "on conflict do nothing" would cost a third more.
LAND: LiteralString = """
    with content as (
        select *, md5(row(user_id, item_id, topic_id, correct, (extract(epoch from completed_at) * 1000000)::bigint,
                          response_time_ms, hints, session_id)::text)::uuid as content
        from pg_temp.attempt_file),
    numbered as (
        select *, case when ordinal = 1 then replace(content::text, '-', '')
                       else md5(content::text || ':' || ordinal) end as source_id
        from (select *, row_number() over (partition by content order by line) as ordinal from content) as ranked),
    landed as (
        insert into {attempt_log} (source_id, user_id, item_id, topic_id, correct, completed_at,
                                   response_time_ms, hints, session_id)
        select source_id, user_id, item_id, topic_id, correct, completed_at, response_time_ms, hints, session_id
        from numbered
        where not exists (select from {attempt_log} as held where held.source_id = numbered.source_id)
        returning 1)
    select count(*), (select count(*) from landed), count(*) filter (where ordinal > 1),
           count(*) filter (where coalesce(btrim(user_id), '') = '' or coalesce(btrim(item_id), '') = ''
                               or correct is null or completed_at is null
                               or completed_at > now() + interval '1 day')
    from numbered"""


@dataclass(frozen=True)
class LoadCount:
    """What a load did, in rows: `read` = `new` + `known` (inserted by an earlier load).

    `copies` repeat an earlier row of the same file; `rejected` will be rejected by `attempt` (no learner, item,
    verdict or moment, or later than now + 1 day). `notices` are lines for the user.
    """

    read: int
    new: int
    known: int
    copies: int
    rejected: int
    notices: tuple[str, ...] = ()


def load(conn: psycopg.Connection[Any], path: str | PathLike[str],
         on_progress: Callable[[int], None] | None = None, schema: str = "public") -> LoadCount:
    """Load the answers in file `path` into `<schema>.attempt_log`, in one transaction.

    The columns of `attempt_log` may come in any order, others are ignored with a notice; an empty field is null.
    `on_progress` is called with the number of rows read so far. Raises BadFile (line, column, value, reason) and loads
    nothing. Loading a file twice, or an overlapping file, adds no row twice. The caller must hold the warehouse's lock
    "load" (`orchestration.jobs.answers` does).
    """
    file = Path(path)
    findings = Findings(file.name)
    with conn.transaction(), conn.cursor() as cursor:
        stage(cursor)
        read = 0
        with cursor.copy("copy pg_temp.attempt_file from stdin (format csv)") as copy:
            for chunk in read_chunks(file, findings):
                copy.write(parse_chunk(chunk, findings))
                read += len(chunk.lines)
                if on_progress:
                    on_progress(read)
            findings.raise_if_any()
        read, new, copies, rejected = land(cursor, schema)
    if findings.without_zone:
        findings.notices.append(f"{findings.without_zone} value(s) of completed_at have no time zone: read as UTC.")
    if not read:
        findings.notices.append(f"{file.name} holds a header and no rows.")
    return LoadCount(read, new, read - new, copies, rejected, tuple(findings.notices))


def stage(cursor: psycopg.Cursor[Any]) -> None:
    """Create the empty temporary table `attempt_file` that `land` reads; it is dropped with the transaction."""
    cursor.execute("drop table if exists pg_temp.attempt_file")
    cursor.execute(STAGE)


def land(cursor: psycopg.Cursor[Any], schema: str) -> tuple[int, int, int, int]:
    """Move the staged rows into `<schema>.attempt_log`; return rows read, new, copies and rejected.

    `source_id` is the md5 of a row's content (learner, item, topic, verdict, UTC moment, time, hints, session)
    and its ordinal among identical rows, so it depends on no column order, format or spelling.
    """
    cursor.execute("set local work_mem = '64MB'")  # the sort of a usual file stays in memory
    cursor.execute(sql.SQL(LAND).format(attempt_log=sql.Identifier(schema, "attempt_log")))
    counts = cursor.fetchone()
    assert counts is not None  # an aggregate always returns a row
    return counts[0], counts[1], counts[2], counts[3]
