"""Metrics for Prometheus: every number as counted by hand, read by a read-only role, delivered in every way."""

import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import make_conninfo

from orchestration.cli.metrics import metrics as command
from orchestration.monitoring import exporter, metrics
from orchestration.monitoring.metrics import registry
from orchestration.settings import read_settings
from python_models.errors import BusyError, DreamseedError, UsageError
from python_models.warehouse.connection import Warehouse, connect

DREAMSEED = Path(sys.executable).parent / "dreamseed"
GATES = '[{"name": "auc", "value": 0.8, "lower": 0.6, "passed": true}, ' \
        '{"name": "slope", "value": null, "lower": 0.5, "passed": false}]'
BUILT = f"""
    insert into fit_run (run_id, fit, as_of, status, params, gates, rows_in, rows_out, started_at, finished_at) values
        ('a', 'speed', '2026-06-01', 'published', '{{}}', '[]', 10, 5, '2026-06-02 03:00Z', '2026-06-02 03:01Z'),
        ('b', 'speed', '2026-06-08', 'rejected', '{{}}', '{GATES}', 20, 6, '2026-06-09 03:00Z', '2026-06-09 03:02:30Z'),
        ('c', 'speed', '2026-06-15', 'running', '{{}}', null, 30, null, '2026-06-16 03:00Z', null),
        ('d', 'reach', '2026-06-08', 'failed', '{{}}', null, 7, null, '2026-06-09 04:00Z', '2026-06-09 04:00:01Z');
    insert into test_result (unique_id, name, status, as_of, tested_at) values
        ('t1', 't1', 'pass', '2026-06-08', now()), ('t2', 't2', 'pass', '2026-06-08', now()),
        ('t3', 't3', 'warn', '2026-06-08', now());
    insert into build_mark (schema_name, model, as_of, runs, code, built_at) values
        ('public', 'm', '2026-06-08', '[]', 'x', '2026-06-09 02:00Z'),
        ('public', 'n', '2026-06-08', '[]', 'x', '2026-06-09 02:10Z');
    insert into release values (4, '2026-06-01', '{{}}', '2026-06-02 03:02Z', 'run', 'previous'),
        (5, '2026-06-08', '{{}}', '2026-06-09 03:03Z', 'run', 'shown');
    create table attempt as select day + interval '12 hours' as arrived_at
        from (values ('2026-05-01Z'::timestamptz, 100), ('2026-06-02Z', 6), ('2026-06-08Z', 12)) as days (day, n),
        generate_series(1, n);
    create table attempt_rejected as select '2026-06-08 10:00Z'::timestamptz as arrived_at from generate_series(1, 2);
    create table prediction_calibration (kind text, week_start date, slope double precision, is_judged boolean,
        is_gap_off boolean, is_slope_off boolean, is_coverage_off boolean);
    insert into prediction_calibration values
        ('S', '2026-05-04', 9, true, true, true, null), ('S', '2026-06-01', 0.9, true, false, false, null),
        ('S', '2026-06-08', 5, false, false, false, null),
        ('P', '2026-05-25', 0.4, true, false, true, false), ('P', '2026-06-01', 1.1, true, false, false, false);
"""
MOMENT = 1780974150  # 2026-06-09 03:02:30 UTC


@pytest.fixture
def built(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(BUILT)
    return database_url


def exported(url):
    families = text_string_to_metric_families(exporter.text(registry(lambda: Warehouse(url))))
    return {(sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
            for family in families for sample in family.samples}


def checked_by_promtool(text):
    if shutil.which("promtool") is None:
        pytest.skip("promtool (r-services/apt-packages.txt) is not installed")
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)


def test_every_number_is_the_one_counted_by_hand(built):
    values = exported(built)
    fit = "fit=speed"
    expected = {
        ("dreamseed_fit_runs", fit, "status=published"): 1, ("dreamseed_fit_runs", fit, "status=rejected"): 1,
        ("dreamseed_fit_runs", fit, "status=running"): 1,
        ("dreamseed_fit_last_run_timestamp_seconds", fit, "status=rejected"): MOMENT,
        ("dreamseed_fit_last_status", fit, "status=rejected"): 1,
        ("dreamseed_fit_last_status", fit, "status=published"): 0,
        ("dreamseed_fit_last_status", "fit=reach", "status=failed"): 1,
        ("dreamseed_fit_duration_seconds", fit): 150,
        ("dreamseed_fit_rows", "direction=in", fit): 20, ("dreamseed_fit_rows", "direction=out", fit): 6,
        ("dreamseed_fit_as_of_timestamp_seconds", fit): 1780272000,
        ("dreamseed_gate_value", fit, "gate=auc"): 0.8,
        ("dreamseed_gate_passed", fit, "gate=auc"): 1, ("dreamseed_gate_passed", fit, "gate=slope"): 0,
        ("dreamseed_rejected_share",): 2 / 20,
        ("dreamseed_calibration_slope", "prediction=S"): 0.9, ("dreamseed_calibration_slope", "prediction=P"): 1.1,
        ("dreamseed_calibration_in_band", "prediction=S"): 1, ("dreamseed_calibration_in_band", "prediction=P"): 0,
        ("dreamseed_data_tests", "status=pass"): 2, ("dreamseed_data_tests", "status=warn"): 1,
        ("dreamseed_last_build_timestamp_seconds",): 1780971000,
        ("dreamseed_release_id",): 5, ("dreamseed_release_as_of_timestamp_seconds",): 1780876800,
    }
    assert {key: values.get(key) for key in expected} == expected
    assert ("dreamseed_gate_value", fit, "gate=slope") not in values  # missing is not a number
    assert ("dreamseed_fit_last_run_timestamp_seconds", fit, "status=running") not in values
    assert ("dreamseed_fit_rows", "direction=out", "fit=reach") not in values


def test_promtool_accepts_the_text(built):
    answer = checked_by_promtool(exporter.text(registry(lambda: Warehouse(built))))
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")


def test_what_is_not_built_yet_is_left_out(database_url):
    """After `dreamseed init`: the log is empty, and there are no marts."""
    names = {key[0] for key in exported(database_url)}
    assert not names, names
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop table fit_run cascade; drop table build_mark; drop table test_result")
    assert not exported(database_url)


def test_large_tables_are_read_once_in_ten_minutes_and_the_log_every_time(built, monkeypatch):
    held = registry(lambda: Warehouse(built))

    def read(name):
        return {family.name: family.samples[0].value for family in held.collect()}[name]

    assert (read("dreamseed_rejected_share"), read("dreamseed_fit_duration_seconds")) == (2 / 20, 1)
    with psycopg.connect(built, autocommit=True) as connection:
        connection.execute("""
            insert into attempt_rejected select '2026-06-08 10:00Z' from generate_series(1, 20);
            update fit_run set finished_at = finished_at + interval '4 seconds'""")
    assert (read("dreamseed_rejected_share"), read("dreamseed_fit_duration_seconds")) == (2 / 20, 5)
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 0)
    assert read("dreamseed_rejected_share") == 22 / 40


def test_a_role_that_can_only_read_is_enough(built):
    with psycopg.connect(built, autocommit=True) as connection:
        connection.execute("create role only_reads login")
        connection.execute("grant select on all tables in schema public to only_reads")
    try:
        url = make_conninfo(built, user="only_reads")
        assert exported(url) == exported(built)
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from fit_run")
    finally:
        with psycopg.connect(built, autocommit=True) as connection:
            connection.execute("drop owned by only_reads; drop role only_reads")


def test_the_file_is_whole_and_an_unwritable_place_is_a_usage_error(built, tmp_path):
    held, file = registry(lambda: Warehouse(built)), tmp_path / "dreamseed.prom"
    exporter.write(held, file)
    assert file.read_text() == exporter.text(held)
    assert [path.name for path in tmp_path.iterdir()] == ["dreamseed.prom"]
    with pytest.raises(UsageError, match="cannot be written"):
        exporter.write(held, tmp_path / "nowhere" / "dreamseed.prom")


class Gateway(http.server.BaseHTTPRequestHandler):
    """Accepts what is put, as a push gateway does; refuses on demand."""

    received: list = []
    status = 200

    def do_PUT(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.received.append((self.path, body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    server = http.server.HTTPServer(("127.0.0.1", 0), Gateway)
    Gateway.received, Gateway.status = [], 200
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_push_gateway_gets_the_same_text(built, gateway):
    held = registry(lambda: Warehouse(built))
    exporter.push(held, gateway)
    assert Gateway.received == [("/metrics/job/dreamseed", exporter.text(held))]
    Gateway.status = 400
    with pytest.raises(DreamseedError, match="answered 400") as refused:
        exporter.push(held, gateway)
    assert refused.value.exit_code == 1


def test_an_unreachable_gateway_is_busy_and_a_wrong_address_is_wrong_usage(built):
    held = registry(lambda: Warehouse(built))
    with pytest.raises(BusyError, match="cannot be reached"):
        exporter.push(held, "http://127.0.0.1:1")
    with pytest.raises(UsageError, match="no URL"):
        exporter.push(held, "gateway:9091")


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_exporter_outlives_its_database_and_ends_on_sigterm(built, server_url, tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("R_", "DREAMSEED_", "DBT_"))}
    process = subprocess.Popen([DREAMSEED, "metrics", "--serve", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                               env=clean | {"DREAMSEED_HOME": str(tmp_path), "DATABASE_URL": built})
    try:
        started = process.stdout.readline()
        base = f"http://{started.split()[-1]}"
        status, text = ask(f"{base}/metrics")
        assert status == 200 and "dreamseed_fit_runs{" in text
        assert text == exporter.text(registry(lambda: Warehouse(built)))
        assert ask(f"{base}/healthz") == (200, "ok\n") and ask(f"{base}/other")[0] == 404
        name = psycopg.conninfo.conninfo_to_dict(built)["dbname"]
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f'alter database "{name}" rename to "{name}_away"')
            try:
                assert ask(f"{base}/metrics")[0] == 503
                assert ask(f"{base}/healthz")[0] == 200
            finally:
                connection.execute(f'alter database "{name}_away" rename to "{name}"')
        assert ask(f"{base}/metrics")[0] == 200
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[0].splitlines()
        assert process.returncode == 0
        assert [line.split()[0] for line in rest] == ["[ERROR]", "[INFO]"]
        assert "scrape failed: The database cannot be reached" in rest[0]
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("arguments", "words"), [
    (["--serve", "9464"], "127.0.0.1:9464"), (["--push", "http://x", "--file", "y"], "exclude each other"),
    (["--push", "nowhere"], "no URL")])
def test_wrong_usage_is_refused_with_the_way_to_write_it(tmp_path, arguments, words):
    settings = read_settings(dreamseed_home=tmp_path, database_url="postgresql://localhost/never_asked")
    answer = CliRunner().invoke(command, arguments, obj=settings, standalone_mode=False)
    assert isinstance(answer.exception, UsageError | click.UsageError) and words in str(answer.exception)


def test_metrics_of_a_school_agree_with_its_log(school):
    text = exporter.text(registry(lambda: Warehouse(school.database_url)))
    values = exported(school.database_url)
    with connect(school.database_url) as connection:
        for fit, status, n in connection.execute("select fit, status, count(*) from fit_run group by 1, 2"):
            assert values["dreamseed_fit_runs", f"fit={fit}", f"status={status}"] == n
        arrived = {kind: [day for (day,) in connection.execute(f"select arrived_at::date from {kind}")]
                   for kind in ("attempt", "attempt_rejected")}
    newest = max(map(max, arrived.values()))
    recent = {kind: sum(day > newest - timedelta(days=7) for day in days) for kind, days in arrived.items()}
    share = recent["attempt_rejected"] / sum(recent.values())
    assert values[("dreamseed_rejected_share",)] == pytest.approx(share)
    assert checked_by_promtool(text).returncode == 0
