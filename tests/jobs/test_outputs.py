"""What commands print about a school after its job: JSON by its schema, whole run ids at 80 columns, plain lines."""

import json
import re
from datetime import timedelta

import psycopg
import pytest
from builders import AS_OF
from commands import dreamseed
from jsonschema import Draft202012Validator

from orchestration.cli import COMMANDS, cli
from orchestration.settings import PROJECT_DIR
from python_models.warehouse.connection import connect

SCHEMA = Draft202012Validator(json.loads((PROJECT_DIR / "docs/json.schema.json").read_text()))
DAY = AS_OF.isoformat()
BEFORE = AS_OF - timedelta(weeks=60)  # the school has no answer by then
EXPONENT = re.compile(r"\d[eE]\+\d")


@pytest.fixture(scope="module")
def ask(small_school):
    """Run a command on a copy of the small school."""
    places = {f"R_{name}_{what}": str(small_school.settings.value(f"R_{name}_{what}"))
              for name in ("IRT", "BRMS", "FORECAST", "CLUSTER") for what in ("BASE_URL", "INTERNAL_TOKEN")}

    def run(*arguments, **environment):
        return dreamseed(*arguments, environment={
            "DREAMSEED_HOME": str(small_school.settings.home), "DATABASE_URL": small_school.database_url,
            **places, **environment})
    run.url = small_school.database_url
    with connect(run.url) as connection:
        run.ids = [run_id for run_id, in connection.execute("select run_id from fit_run")]
    return run


def document(answer):
    """Return the one document on standard output, valid and in agreement with the exit code and the error line."""
    SCHEMA.validate(found := json.loads(answer.stdout))
    assert answer.stdout.count("\n") == 1
    assert found["exit_code"] == answer.returncode
    last = (answer.stderr.strip().splitlines() or [""])[-1]
    assert last.startswith("error: ") == (found["error"] is not None), answer.stderr
    return found


def with_json():
    return {name for name in COMMANDS if any("--json" in one.opts for one in cli.commands[name].params)}


CASES = {
    "sql": (["select run_id, gates, started_at from fit_run", "--json"], 0),
    "plan": (["--as-of", DAY, "--json"], 0),
    "status": (["--json"], 0),
    "runs": (["irt", "--json"], 0),
    "verify": (["tables", "freshness", "--json"], 0),
    "fit": (["survival", "--as-of", DAY, "--json"], 0),
    "run": (["survival", "--as-of", DAY, "--dry-run", "--json"], 0),
    "detect-inactivity": (["--as-of", DAY, "--dry-run", "--json"], 0),
    "report": (["--week", DAY, "--class", "class-1", "--processes", "1", "--json"], 0),
}
WRONG = {name: ["--nonsense", "--json"] for name in CASES}


@pytest.mark.parametrize("name", sorted(with_json()))
def test_each_command_with_json_prints_one_valid_document(ask, name):
    arguments, code = CASES[name]
    answer = ask(name, *arguments)
    found = document(answer)
    assert answer.returncode == code, answer.stderr
    assert found["command"] == name and any(found["result"].values())


@pytest.mark.parametrize("name", sorted(with_json()))
def test_wrong_usage_and_a_database_that_is_away_are_documents_too(ask, name):
    wrong = document(ask(name, *WRONG[name]))
    assert (wrong["exit_code"], wrong["command"], wrong["result"]) == (2, name, None)
    setting = document(ask(name, *CASES[name][0], SURVIVAL_LOOKBACK_DAYS="ninety"))
    assert setting["exit_code"] == 2 and "SURVIVAL_LOOKBACK_DAYS" in setting["error"]["message"]
    away = document(ask(name, *CASES[name][0], DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"))
    if name == "verify":  # which goes on: each check fails for itself
        assert away["exit_code"] == 1 and "cannot be reached" in away["result"]["checks"][0]["observation"]
    else:
        assert (away["exit_code"], away["error"]["kind"]) == (75, "BusyError")


def test_a_setting_that_is_read_before_the_command_begins_gives_a_document(ask):
    found = document(ask("run", "--alert-top", "5%", "--json", SURVIVAL_LOOKBACK_DAYS="ninety"))
    assert (found["command"], found["exit_code"]) == ("run", 2)


def test_the_schema_refuses_what_it_must():
    good = {"command": "verify", "exit_code": 0, "error": None, "result": {"checks": []}}
    SCHEMA.validate(good)
    two_lines = {"kind": "X", "message": "two\nlines", "fix": None}
    for bad in [good | {"exit_code": 1}, good | {"result": None}, good | {"more": 1},
                good | {"result": {"checks": [{}]}}, good | {"error": two_lines, "exit_code": 1}]:
        assert not SCHEMA.is_valid(bad), bad


TABLES = [["status"], ["runs"], ["runs", "survival"], ["runs", "irt"], ["plan", "--as-of", DAY],
          ["sql", "select r.*, now() as asked_at from fit_run as r"], ["sql", "select run_id, status from fit_run"],
          ["prune", "--keep", "1d", "--as-of", (AS_OF + timedelta(days=400)).isoformat(), "--dry-run"]]


@pytest.mark.parametrize("columns", ["80", "40"])
@pytest.mark.parametrize("arguments", TABLES, ids=lambda words: " ".join(words)[:24])
def test_in_a_narrow_terminal_every_run_id_is_whole(ask, arguments, columns):
    shown = ask(*arguments, COLUMNS=columns)
    assert shown.returncode == 0, shown.stderr
    wide = ask(*arguments, COLUMNS="4000").stdout
    for run_id in ask.ids:
        assert shown.stdout.count(run_id) >= wide.count(run_id), run_id
    assert any(run_id in wide for run_id in ask.ids) or arguments[0] in ("plan", "prune")


@pytest.mark.parametrize("fit", ["forecast", "growth", "irt", "segments", "survival"])
def test_no_count_has_an_exponent(ask, fit):
    for arguments in (["runs", fit], ["status"]):
        assert not EXPONENT.search(ask(*arguments).stdout)


def test_a_run_with_a_low_reliability_warns_and_says_so_in_json(ask):
    low = """update fit_run set gates = (select jsonb_agg(case when gate ->> 'name' = 'reliability'
        then jsonb_set(gate, '{value}', %s::text::jsonb) else gate end) from jsonb_array_elements(gates) as gate)
        where fit = 'irt'"""
    for value, warned in ((0.43, True), (0.7, False)):
        with psycopg.connect(ask.url) as connection:
            connection.execute(low, [str(value)])
        assert ("reliability is 0.43, under 0.7: " in ask("runs", "irt").stdout) == warned
        for found in (document(ask("runs", "--json"))["result"]["runs"],
                      document(ask("status", "--json"))["result"]["newest_runs"]):
            assert [bool(run["warnings"]) for run in found if run["fit"] == "irt"] == [warned]


def test_a_check_that_fails_is_a_document_with_its_findings(ask):
    found = document(ask("verify", "health", "--json", R_IRT_BASE_URL="http://127.0.0.1:1"))
    assert found["exit_code"] == 1 and found["error"]["message"] == "1 of 4 checks failed."
    assert [check["subject"] for check in found["result"]["checks"] if not check["passed"]] == ["r-irt-plumber"]


@pytest.mark.slow(reason="three builds as of a year before: 2 minutes",
                  concerns=["orchestration/jobs/*", "orchestration/cli/*", "python_models/fitting/*"])
def test_a_backfill_over_days_without_data_names_the_day_and_stops_or_goes_on(ask):
    span = ["--from", BEFORE.isoformat(), "--to", (BEFORE + timedelta(days=1)).isoformat()]
    stopped = ask("run", "survival", *span)
    assert stopped.returncode == 1
    last = stopped.stderr.strip().splitlines()
    assert len(last) == 1 and last[0].startswith(
        f"error: Stopped at {BEFORE}, with 1 of 2 days not tried. survival as of {BEFORE}: There are 0 returns")
    assert last[0].endswith("Fix: choose a later --from, or give --keep-going.")
    assert not set('{}"') & set(last[0]) and "release" in stopped.stdout
    found = document(ask("run", "survival", *span, "--keep-going", "--json"))
    assert found["exit_code"] == 1 and found["error"]["message"].startswith("Too little data on 2 of 2 days. ")
    assert [one["as_of"] for one in found["result"]["not_estimable"]] == [
        BEFORE.isoformat(), (BEFORE + timedelta(days=1)).isoformat()]


def test_a_report_says_how_many_files_are_where(ask, tmp_path):
    done = ask("report", "--week", DAY, "--class", "class-1", "--processes", "1", "--uri", str(tmp_path))
    files = sorted(tmp_path.rglob("report.html"))
    assert done.returncode == 0 and f"Files: {len(files)} in {tmp_path}" in done.stdout
    assert f"  {files[0].as_uri()}\n" in done.stdout and files[0].parts[-4] == "classes" and len(files) > 1
