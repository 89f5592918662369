"""The service client against a service that misbehaves on purpose (a well-behaved one is in tests/e2e)."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from python_models.errors import BusyError, NotEstimable, ServiceError
from python_models.fitting.client import ServiceAddress, ServiceClient

TOKEN = "canary-token"


class Script:
    """Answers per (method, path): a list that is used up, its last entry repeated. Records what was asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def next(self, method, path, headers, body):
        self.asked.append((method, path, headers, body))
        queue = self.answers[(method, path)]
        return queue.pop(0) if len(queue) > 1 else queue[0]

    def keys(self):
        return [headers.get("Idempotency-Key") for method, _, headers, _ in self.asked if method == "POST"]


@pytest.fixture
def serve():
    servers = []

    def start(answers):
        script = Script(answers)

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                found = script.next(self.command, self.path, dict(self.headers), body)
                if found is None:  # a broken connection
                    self.connection.close()
                    return
                status, headers, document = found
                payload = document.encode() if isinstance(document, str) else json.dumps(document).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(payload))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        client = ServiceClient(ServiceAddress(f"http://127.0.0.1:{server.server_port}", TOKEN, 5), attempts=3)
        return script, client

    yield start
    for server in servers:
        server.shutdown()


ACCEPTED = (202, {"Location": "/jobs/1"}, {})
RUNNING, DONE = (200, {}, {"state": "running", "progress": {"step": 1}}), (200, {}, {"state": "done"})
RESULT = (200, {}, {"gates": []})


def fit(client, tmp_path, deadline=10, on_progress=None):
    part = tmp_path / "rows.csv.gz"
    part.write_bytes(b"not really gzip, never read")
    with client:
        return client.fit("/some/fit", {"as_of": "2026-01-01"}, {"rows": part}, "key-1", deadline, on_progress)


def test_a_fit_is_submitted_polled_and_fetched(serve, tmp_path):
    script, client = serve({("POST", "/some/fit"): [ACCEPTED], ("GET", "/jobs/1"): [RUNNING, DONE],
                            ("GET", "/jobs/1/result"): [RESULT]})
    states = []
    assert fit(client, tmp_path, on_progress=states.append) == ("/jobs/1", {"gates": []})
    _, _, headers, body = script.asked[0]
    assert headers["Prefer"] == "respond-async, return=minimal" and headers["Authorization"] == f"Bearer {TOKEN}"
    assert b'filename="rows.csv.gz"' in body and b'{"as_of": "2026-01-01"}' in body
    assert states[0]["progress"] == {"step": 1}


@pytest.mark.parametrize("trouble", [None, (503, {}, {}), (502, {}, "<html>bad gateway</html>"),
                                     (409, {"Retry-After": "1"}, {"error": {"code": "BUSY", "message": "one runs"}})])
def test_trouble_on_the_way_is_tried_again_under_the_same_key(serve, tmp_path, trouble):
    script, client = serve({("POST", "/some/fit"): [trouble, ACCEPTED], ("GET", "/jobs/1"): [DONE],
                            ("GET", "/jobs/1/result"): [RESULT]})
    fit(client, tmp_path)
    assert script.keys() == ["key-1", "key-1"]


def test_retry_after_is_honoured(serve, tmp_path):
    _, client = serve({("POST", "/some/fit"): [(409, {"Retry-After": "1"}, {}), ACCEPTED],
                       ("GET", "/jobs/1"): [DONE], ("GET", "/jobs/1/result"): [RESULT]})
    start = time.monotonic()
    fit(client, tmp_path)
    assert time.monotonic() - start >= 1


def test_a_job_lost_by_a_restart_is_submitted_again_under_the_same_key(serve, tmp_path):
    lost = (404, {}, {"error": {"code": "UNKNOWN_JOB", "message": "no such job"}})
    script, client = serve({("POST", "/some/fit"): [ACCEPTED], ("GET", "/jobs/1"): [RUNNING, lost, DONE],
                            ("GET", "/jobs/1/result"): [RESULT]})
    fit(client, tmp_path)
    assert script.keys() == ["key-1", "key-1"]


def test_too_little_data_is_reported_with_the_numbers_and_not_tried_again(serve, tmp_path):
    refusal = (422, {}, {"error": {"code": "NOT_ESTIMABLE", "message": "too few returns",
                                   "detail": {"n_returns": 12, "needed": 50}}})
    script, client = serve({("POST", "/some/fit"): [ACCEPTED], ("GET", "/jobs/1"): [(200, {}, {"state": "failed"})],
                            ("GET", "/jobs/1/result"): [refusal]})
    with pytest.raises(NotEstimable, match=r"^too few returns \(n_returns 12, needed 50\)\. Fix: "):
        fit(client, tmp_path)
    assert len(script.keys()) == 1


@pytest.mark.parametrize(("status", "fix"), [(400, "log"), (401, "R_*_INTERNAL_TOKEN"), (413, "MAX_BODY_BYTES"),
                                             (500, "log")])
def test_a_refusal_is_one_line_with_its_fix_without_the_token_and_not_tried_again(serve, tmp_path, status, fix):
    refusal = (status, {}, {"error": {"code": "SOME_CODE", "message": "no"}})
    script, client = serve({("POST", "/some/fit"): [refusal]})
    with pytest.raises(ServiceError) as caught:
        fit(client, tmp_path)
    line = str(caught.value)
    assert "SOME_CODE" in line and str(status) in line and fix in line and TOKEN not in line and "\n" not in line
    assert len(script.asked) == 1


def test_a_fit_past_its_deadline_is_cancelled(serve, tmp_path):
    script, client = serve({("POST", "/some/fit"): [ACCEPTED], ("GET", "/jobs/1"): [RUNNING],
                            ("DELETE", "/jobs/1"): [(200, {}, {})]})
    with pytest.raises(ServiceError, match="deadline"):
        fit(client, tmp_path, deadline=0.3)
    assert script.asked[-1][:2] == ("DELETE", "/jobs/1")


def test_a_service_that_is_not_there_ends_as_try_again_later(tmp_path):
    client = ServiceClient(ServiceAddress("http://127.0.0.1:1", TOKEN, 1), attempts=2)
    with pytest.raises(BusyError) as caught:
        fit(client, tmp_path)
    assert caught.value.exit_code == 75 and TOKEN not in str(caught.value)


def test_a_table_is_streamed_into_a_file_and_started_again_after_a_break(serve, tmp_path):
    _, client = serve({("GET", "/jobs/1/tables/risk"): [(503, {}, {}), (200, {}, "user_id\nu1\n")]})
    with client:
        client.fetch_table("/jobs/1", "risk", tmp_path / "risk.csv")
    assert (tmp_path / "risk.csv").read_text() == "user_id\nu1\n"
