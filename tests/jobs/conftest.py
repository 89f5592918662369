"""A real S3 API server on loopback (moto's), behind a gate that can fail on purpose."""

from collections import Counter
from threading import Thread

import boto3
import httpx
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from reports.delivery import sinks


class Gate:
    """Answers 503 (or another status) to uploads of keys that are set to fail, so many times; passes all else on."""

    def __init__(self, application):
        self.application, self.failures, self.status, self.asked = application, Counter(), "503 Slow Down", Counter()

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "PUT":
            key = next((key for key in self.failures if key in environ["PATH_INFO"]), None)
            self.asked[environ["PATH_INFO"]] += 1
            if key and self.failures[key] > 0:
                self.failures[key] -= 1
                start_response(self.status, [("Content-Type", "application/xml")])
                return [b"<Error><Code>AccessDenied</Code><Message>on purpose</Message></Error>"
                        if self.status.startswith("403") else b"<Error><Code>SlowDown</Code></Error>"]
        return self.application(environ, start_response)


@pytest.fixture
def s3(monkeypatch):
    """A server with the bucket `reports-of-school`; the environment points every AWS client at it."""
    gate = Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    for name, value in {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "AWS_ACCESS_KEY_ID": "id",
                        "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    sinks._client.cache_clear()
    gate.client = boto3.client("s3")
    gate.client.create_bucket(Bucket="reports-of-school")
    yield gate
    httpx.post(f"http://127.0.0.1:{server.server_port}/moto-api/reset")  # its buckets outlive a server
    server.shutdown()
    sinks._client.cache_clear()
