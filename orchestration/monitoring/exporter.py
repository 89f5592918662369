"""Ways to hand metrics over: a file for a textfile collector, a push gateway, an HTTP server to scrape."""

from __future__ import annotations

import signal
import threading
import urllib.error
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    generate_latest,
    push_to_gateway,
    write_to_textfile,
)

from orchestration import terminal
from python_models.errors import BusyError, DreamseedError, UsageError

JOB = "dreamseed"  # the grouping key at the push gateway
PUSH_SECONDS = 10
AWAY = (DreamseedError, psycopg.Error)


def text(registry: CollectorRegistry) -> str:
    """Return the metrics as Prometheus text."""
    return generate_latest(registry).decode()


def write(registry: CollectorRegistry, path: Path) -> None:
    """Write `path` so that a reader sees the old file or the new one, never half. Raises UsageError."""
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.",
                         "name a file in a folder that exists and is yours.") from error


def push(registry: CollectorRegistry, url: str) -> None:
    """Replace what the gateway at `url` holds of us. Raises UsageError, BusyError, or DreamseedError if refused."""
    place = urlsplit(url)
    if place.scheme not in ("http", "https") or not place.hostname:
        raise UsageError("The push gateway's address is no URL.", "write http://host:9091.")
    try:
        push_to_gateway(url, JOB, registry, timeout=PUSH_SECONDS)
    except urllib.error.HTTPError as error:
        raise DreamseedError(f"The push gateway {place.hostname} answered {error.code} {error.reason}.",
                             "read the gateway's log.") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise BusyError(f"The push gateway {place.hostname} cannot be reached: {reason}.",
                        "check --push and the gateway, then try again.") from error


def serve(registry: CollectorRegistry, host: str, port: int) -> None:
    """Answer `/metrics` and `/healthz` until SIGTERM or SIGINT. Raises UsageError if the address cannot be had."""
    try:
        server = ThreadingHTTPServer((host, port), _handler(registry))
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror}.",
                         "choose another --serve HOST:PORT.") from error
    server.daemon_threads = True
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop that this very thread runs: it has to be asked from another one.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    terminal.log(f"metrics served on {host}:{server.server_port}")
    with server:
        server.serve_forever(poll_interval=0.2)
    terminal.log("metrics server stopped")


def _handler(registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    one_at_a_time = threading.Lock()  # a slow database must not collect a queue of our own queries

    class Handler(BaseHTTPRequestHandler):
        """Two routes; a scrape while the database is away is 503, and the server lives on."""

        def do_GET(self) -> None:  # noqa: N802 - the base class's name
            path = urlsplit(self.path).path
            if path == "/healthz":
                self._answer(200, b"ok\n")
            elif path == "/metrics":
                self._metrics()
            else:
                self._answer(404, b"There are /metrics and /healthz.\n")

        def _metrics(self) -> None:
            try:
                with one_at_a_time:
                    body = generate_latest(registry)
            except AWAY as error:
                terminal.log(f"scrape failed: {str(error).strip().splitlines()[0]}", level="ERROR")
                self._answer(503, b"The warehouse cannot be read; the log has the cause.\n")
                return
            self._answer(200, body, CONTENT_TYPE_LATEST)

        def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Leave scrapes out of the log: one every few seconds would bury what matters."""

    return Handler
