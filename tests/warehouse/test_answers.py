"""Loading answers from files: all or nothing, the same rows whatever the format, errors that name the line."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from python_models.answers import load
from python_models.errors import BadFile

HEADER = "user_id,item_id,topic_id,correct,completed_at,response_time_ms,hints,session_id\n"
GOOD = ('u1,1001,алгебра,1,2026-01-31T08:00:00Z,1200,0,s1\n'
        '김민지,Q-7,"기하, 통계",0,2026-01-31T08:01:00.25Z,,,\n'
        '"Алёна ""А""",1002,,true,2026-01-31T08:02:00Z,900,1,s1\n')


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def written(folder: Path, content: str | bytes, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def ids(connection: psycopg.Connection) -> set[str]:
    return {source_id for (source_id,) in connection.execute("select source_id from attempt_log").fetchall()}


def test_a_file_lands_once(connection: psycopg.Connection, tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + GOOD)
    progress: list[int] = []
    first, second = load(connection, path, progress.append), load(connection, path)
    assert (first.read, first.new, first.known, first.copies, first.rejected) == (3, 3, 0, 0, 0)
    assert (second.read, second.new, second.known) == (3, 0, 3)
    assert progress == [3]
    rows = connection.execute("""select user_id, topic_id, correct, response_time_ms, hints, session_id, completed_at
        from attempt_log order by completed_at""").fetchall()
    assert rows[0] == ("u1", "алгебра", True, 1200, 0, "s1", datetime(2026, 1, 31, 8, tzinfo=UTC))
    assert rows[1][:6] == ("김민지", "기하, 통계", False, None, None, None)
    assert rows[2][:2] == ('Алёна "А"', None)


def test_source_id_depends_on_content_alone(connection: psycopg.Connection, tmp_path: Path) -> None:
    load(connection, written(tmp_path, HEADER + GOOD))
    landed = ids(connection)
    assert all(len(source_id) == 32 for source_id in landed)
    other = ("\ufeffhints,session_id,correct,completed_at,response_time_ms,noise,item_id,topic_id,user_id\r\n"
             "0.0,s1,YES,2026-01-31 11:00:00+03:00,1200.0,x,1001,алгебра,u1\r\n\r\n"
             ',,F,20260131T080100.250Z,,x,Q-7,"기하, 통계",김민지\r\n'
             '1,s1,T,2026-01-31T08:02:00,900,x,1002,,"Алёна ""А"""\r\n')
    count = load(connection, written(tmp_path, gzip.compress(other.encode()), "other.csv.gz"))
    assert (count.read, count.new) == (3, 0)
    assert ids(connection) == landed
    assert any("noise" in notice for notice in count.notices)
    assert any("1 value(s) of completed_at have no time zone" in notice for notice in count.notices)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_is_the_same_as_csv(connection: psycopg.Connection, tmp_path: Path, unit: str) -> None:
    start = datetime(2026, 1, 31, 8, tzinfo=UTC)
    lines = "".join(f"{7 + k},{1001 + k},т,{k % 2},{start + timedelta(minutes=k)},{100 * k},,s\n" for k in range(5))
    load(connection, written(tmp_path, HEADER + lines))
    table = pa.table({
        "extra": pa.array([[1]] * 5), "user_id": pa.array([7, 8, 9, 10, 11], pa.int64()),
        "item_id": pa.array(["1001", "1002", "1003", "1004", "1005"]).dictionary_encode(),
        "topic_id": pa.array(["т"] * 5), "correct": pa.array([False, True, False, True, False]),
        "completed_at": pa.array([start + timedelta(minutes=k) for k in range(5)], pa.timestamp(unit, "Asia/Seoul")),
        "response_time_ms": pa.array([0.0, 100.0, 200.0, 300.0, 400.0]),
        "hints": pa.array([float("nan"), None, None, None, None], pa.float64()), "session_id": pa.array(["s"] * 5)})
    pq.write_table(table, tmp_path / "answers.parquet")
    count = load(connection, tmp_path / "answers.parquet")
    assert (count.read, count.new) == (5, 0)


def test_identical_rows_both_land_and_overlapping_files_add_only_what_is_new(
        connection: psycopg.Connection, tmp_path: Path) -> None:
    row = GOOD.splitlines(keepends=True)[0]
    first = load(connection, written(tmp_path, HEADER + row + GOOD))
    assert (first.read, first.new, first.copies) == (4, 4, 1)
    later = load(connection, written(tmp_path, HEADER + row + row + row, "later.csv"))
    assert (later.read, later.new, later.known, later.copies) == (3, 1, 2, 2)


def test_rows_that_no_attempt_can_be_made_of_land_and_are_counted(
        connection: psycopg.Connection, tmp_path: Path) -> None:
    lines = (",1001,1,2026-01-31T08:00:00Z,5\n" "u,,1,2026-01-31T08:00:00Z,5\n" "u,1001,,2026-01-31T08:00:00Z,5\n"
             "u,1001,1,,5\n" "u,1001,1,2999-01-01T00:00:00Z,5\n" "u,1001,1,2026-01-31T08:00:00Z,-5\n")
    path = written(tmp_path, "user_id,item_id,correct,completed_at,response_time_ms\n" + lines)
    count = load(connection, path)
    assert (count.read, count.new, count.rejected) == (6, 6, 5)
    assert connection.execute("select min(response_time_ms) from attempt_log").fetchone()[0] == -5


@pytest.mark.parametrize(("field", "value", "reason"), [
    ("correct", "maybe", "not a boolean"), ("correct", "2", "not a boolean"),
    ("completed_at", "yesterday", "not an ISO 8601"), ("completed_at", "2026-02-30T08:00:00Z", "not an ISO 8601"),
    ("completed_at", "2026-01-31", "not an ISO 8601"), ("completed_at", "1434340944", "not an ISO 8601"),
    ("completed_at", "0001-01-01T00:00:00+09:00", "not an ISO 8601"),
    ("response_time_ms", "12.5", "not a whole number"), ("response_time_ms", "1_000", "not a whole number"),
    ("hints", "two", "not a whole number"), ("hints", "99999999999", "out of range"),
    ("user_id", "a\0b", "NUL character")])
def test_a_bad_value_names_line_column_value_and_reason(
        connection: psycopg.Connection, tmp_path: Path, field: str, value: str, reason: str) -> None:
    names = HEADER.strip().split(",")
    good = GOOD.splitlines()[0].split(",")
    bad = ",".join(value if name == field else held for name, held in zip(names, good, strict=True))
    with pytest.raises(BadFile) as caught:
        load(connection, written(tmp_path, f"{HEADER}{GOOD}{bad}\n"))
    assert f"line 5: {field} {value!r} " in caught.value.message
    assert reason in caught.value.message
    assert ids(connection) == set()


def test_the_first_problems_are_shown_and_all_are_counted(connection: psycopg.Connection, tmp_path: Path) -> None:
    bad = '"two\nlines",1001,,1,2026-01-31T08:00:00Z,x,,\n' + "u,1001\n" * 60_000
    with pytest.raises(BadFile, match=r"60001 problem\(s\).*line 2: response_time_ms 'x'.*59996 more") as caught:
        load(connection, written(tmp_path, HEADER + GOOD[:0] + bad))
    assert "line 4: has 2 field(s), the header has 8" in caught.value.message
    assert len(caught.value.message) < 800


@pytest.mark.parametrize(("content", "name", "words"), [
    ("", "a.csv", "is empty"), ("user_id;item_id;correct;completed_at\n", "a.csv", "lacks column"),
    ("user_id,item_id,correct\n", "a.csv", "lacks column.s. completed_at"),
    ("user_id,user_id,item_id,correct,completed_at\n", "a.csv", "user_id more than once"),
    (HEADER.encode() + b"\xff\n", "a.csv", "line 2: byte 0xff is not UTF-8"),
    ((HEADER + GOOD).encode("utf-16"), "a.csv", "line 1: byte 0xff is not UTF-8"),
    (HEADER + '"open,1\n', "a.csv", "not readable as CSV"),
    (gzip.compress((HEADER + GOOD).encode(), mtime=0)[:-12], "a.csv.gz", "damaged or truncated gzip"),
    (b"\x1f\x8bnonsense of some length", "a.csv.gz", "damaged or truncated gzip"),
    (HEADER + GOOD, "a.parquet", "not a readable Parquet file"), (b"PAR1 and then nothing", "a.csv", "Parquet")])
def test_an_unreadable_file_is_one_readable_error(
        connection: psycopg.Connection, tmp_path: Path, content: str | bytes, name: str, words: str) -> None:
    with pytest.raises(BadFile, match=words) as caught:
        load(connection, written(tmp_path, content, name))
    assert caught.value.exit_code == 2
    assert caught.value.fix
    assert ids(connection) == set()


def test_a_missing_file_and_a_folder_are_reported(connection: psycopg.Connection, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        load(connection, tmp_path / "none.csv")
    with pytest.raises(BadFile, match="Is a directory"):
        load(connection, tmp_path)


def test_a_header_alone_is_a_notice(connection: psycopg.Connection, tmp_path: Path) -> None:
    count = load(connection, written(tmp_path, HEADER))
    assert (count.read, count.notices) == (0, ("answers.csv holds a header and no rows.",))


def test_another_schema_can_be_the_target(connection: psycopg.Connection, tmp_path: Path) -> None:
    connection.execute('create schema "My School"')
    connection.execute('create table "My School".attempt_log (like public.attempt_log including all)')
    assert load(connection, written(tmp_path, HEADER + GOOD), schema="My School").new == 3
    assert ids(connection) == set()


def test_the_real_answers_load_and_load_again_without_adding(
        connection: psycopg.Connection, real_answers: Path) -> None:
    first, second = load(connection, real_answers), load(connection, real_answers)
    assert (first.read, first.new, first.copies, first.rejected) == (509_104, 509_104, 107, 0)
    assert (second.new, second.known) == (0, 509_104)
