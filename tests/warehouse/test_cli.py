"""The `dreamseed` command as a user types it: its output and its exit code; a real process for each exit code."""

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from builders import AS_OF
from commands import clean_environment, dreamseed

from orchestration.settings import read_settings
from orchestration.stack.stack import Stack

NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")  # tests/jobs/test_dbt.py runs them all
DREAMSEED = Path(sys.executable).parent / "dreamseed"
ANSWERS = """\ufeffcompleted_at,correct,user_id,item_id,topic_id,mood
2026-06-01T10:00:00Z,1,Ольга,항목-1,тема,fine
2026-06-01T10:00:00Z,1,Ольга,항목-1,тема,fine
2026-06-02T10:00:00+09:00,false,u2,i1,,
2026-06-03T10:00:00Z,true,u2,,t,
"""


@pytest.fixture(scope="module")
def home(stack, tmp_path_factory):
    """A home with an embedded Postgres of its own; nothing else is started by these commands."""
    home = tmp_path_factory.mktemp("cli")
    yield home
    run(home, "down")


def run(home, *arguments, **environment):
    return dreamseed(*arguments, environment={"DREAMSEED_HOME": str(home)} | environment)


def run_process(home, *arguments, **environment):
    return subprocess.run([DREAMSEED, *arguments], capture_output=True, text=True, check=False,
                          env=clean_environment() | {"DREAMSEED_HOME": str(home)} | environment)


def loaded_counts(shown):
    """The numbers of the table that `load` prints: read, new, already there, identical copies, to be rejected."""
    return [int(number) for number in re.findall(r"\d+", shown.split("Loaded answers.csv")[1].split("[INFO]")[0])]


def test_init_load_build_and_ask(home, tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text(ANSWERS, encoding="utf-8")
    assert run(home, "init").returncode == 0
    loaded = run(home, "load", str(file))
    assert loaded.returncode == 0, loaded.stderr
    assert "column(s) not used: mood" in loaded.stdout
    assert loaded_counts(loaded.stdout) == [4, 4, 0, 1, 1]
    assert re.search(r"^\[INFO\] Summary: processed=4, failed=0, duration_ms=\d+$", loaded.stdout, re.M)
    built = run(home, "build", "--as-of", "2026-06-07", "--select", "+weekly_kpi", "+attempt_rejected",
                "+attempt_reconciliation", *NO_UNIT_TESTS)
    assert built.returncode == 0, built.stdout[-3000:]
    answer = run(home, "sql", "select user_id, item_id, correct from attempt order by 1", "--csv")
    assert list(csv.reader(io.StringIO(answer.stdout))) == [
        ["user_id", "item_id", "correct"], ["u2", "i1", "false"], ["Ольга", "항목-1", "true"]]
    status = run(home, "status").stdout
    assert "missing_item" in status and "postgres" in status
    assert loaded_counts(run(home, "load", str(file)).stdout) == [4, 0, 4, 1, 1]
    assert run(home, "sql", "select count(*) from attempt_log", "--csv").stdout.split() == ["count", "4"]


def test_sql_prints_days_and_times_that_python_does_not_know(home):
    query = ("select date '-infinity' as a, timestamp 'infinity' as b, timestamptz '0044-03-15 12:00 BC' as c, "
             "date '20000-01-01' as d, timestamptz '2026-06-28 01:02:03+00' as e, array[date 'infinity'] as f")
    answer = run(home, "sql", query, "--csv")
    assert list(csv.reader(io.StringIO(answer.stdout)))[1:] == [
        ["-infinity", "infinity", "0044-03-15 12:00:00+00 BC", "20000-01-01", "2026-06-28T01:02:03+00:00",
         '["infinity"]']], answer.stderr
    assert "infinity" in run(home, "sql", query).stdout


def test_a_bad_file_names_line_column_and_reason_and_loads_nothing(home, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("user_id,item_id,correct,completed_at\nu1,i1,maybe,2026-06-01T10:00:00Z\n")
    before = run(home, "sql", "select count(*) from attempt_log", "--csv").stdout
    refused = run(home, "load", str(file))
    assert refused.returncode == 2
    assert "line 2" in refused.stderr and "correct" in refused.stderr and "maybe" in refused.stderr
    assert "Traceback" not in refused.stderr and len(refused.stderr.strip().splitlines()) == 1
    assert run(home, "sql", "select count(*) from attempt_log", "--csv").stdout == before


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["fit", "nonsense"], 2, "use one of: "),
    (["load", "/nowhere/answers.csv"], 2, "answers.csv"),
    (["run", "--from", "2026-02-01", "--to", "2026-01-01"], 2, "--from"),
    (["run", "--as-of", "yesterday"], 2, "2017-12-31"),
    (["sql", "delete from attempt_log"], 2, "read-only"),
    (["sql", "selekt"], 2, "syntax error"),
    (["rollback", "survival"], 2, "no published run"),
    (["rollback"], 2, "give a FIT, or --release"),
    (["dance"], 2, "--help"),
])
def test_wrong_usage_is_one_readable_line_and_exit_2(home, arguments, code, words):
    answer = run(home, *arguments)
    assert (answer.returncode, "Traceback" in answer.stderr) == (code, False), answer.stderr
    assert words in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr


def test_an_error_of_sql_says_where_it_is(home):
    answer = run(home, "sql", "select 1,\n  nothing\nfrom fit_run")
    assert answer.stderr.strip() == \
        'error: Postgres refuses the query: column "nothing" does not exist (line 2, column 3). Fix: correct the SQL.'
    hinted = run(home, "sql", "select upper(1)").stderr
    assert "Fix: No function matches the given name" in hinted and len(hinted.strip().splitlines()) == 1


def test_a_bad_setting_is_named(home):
    answer = run(home, "status", SURVIVAL_LOOKBACK_DAYS="ninety")
    assert answer.returncode == 2 and "SURVIVAL_LOOKBACK_DAYS" in answer.stderr


def test_an_unreachable_database_is_busy(home):
    answer = run(home, "runs", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert answer.returncode == 75 and "cannot be reached" in answer.stderr and "Traceback" not in answer.stderr


def test_a_command_before_init_says_so(home, tmp_path):
    other = tmp_path / "fresh"
    answer = run(other, "load", "/nowhere/answers.csv")
    run(other, "down")
    assert answer.returncode == 2 and "dreamseed init" in answer.stderr


@pytest.mark.parametrize("arguments", [["load", "answers.csv"], ["simulate", "--into", "attempt_log"]])
def test_a_second_load_waits_a_set_time_and_then_is_busy(home, tmp_path, arguments):
    (tmp_path / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    given = [str(tmp_path / word) if word == "answers.csv" else word for word in arguments]
    with Stack(read_settings(dreamseed_home=home, database_url="")).warehouse().lock("load", 0) as pid:
        refused = run(home, *given, LOCK_WAIT_SECS="1")
    assert refused.returncode == 75
    assert f"[INFO] dreamseed.load.public is held by another process (Postgres backend {pid}); waiting up to 1 s." \
        in refused.stdout
    assert "waited 1 s" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


def test_two_homes_are_two_warehouses(home, tmp_path):
    other = tmp_path / "second"
    assert run(other, "init").returncode == 0
    try:
        assert run(other, "sql", "select count(*) from attempt_log", "--csv").stdout.split() == ["count", "0"]
        assert run(home, "sql", "select count(*) from attempt_log", "--csv").stdout.split() == ["count", "4"]
    finally:
        assert "postgres" in run(other, "down").stdout
    assert "up (process" in run(home, "status").stdout
    assert "down" in run(other, "status").stdout


@pytest.mark.parametrize(("arguments", "environment", "code", "words"), [
    (["sql", "select 1"], {}, 0, ""),
    (["load", "/nowhere/answers.csv"], {}, 2, "answers.csv"),
    (["runs"], {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, 75, "cannot be reached"),
])
def test_a_process_ends_with_the_exit_code_of_its_error(home, arguments, environment, code, words):
    """1 and 3 are those of a failed build and of a rejected fit: tests/jobs/test_promises.py."""
    answer = run_process(home, *arguments, **environment)
    assert (answer.returncode, "Traceback" in answer.stderr) == (code, False), answer.stderr
    assert words in answer.stderr


def test_plan_shows_order_and_slices(home):
    text = run(home, "plan", "--as-of", AS_OF.isoformat()).stdout
    assert "+exposure:" in text and "source:" in text
