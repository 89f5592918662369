"""Ways to deliver metrics: a file for a textfile collector, a push gateway, an HTTP server to scrape."""

from __future__ import annotations

import signal
import threading
import urllib.error
from collections.abc import Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import psycopg
from prometheus_client import CollectorRegistry, generate_latest, make_wsgi_app, push_to_gateway, write_to_textfile

from orchestration import terminal
from python_models.errors import BusyError, DreamseedError, UsageError, first_line

JOB = "dreamseed"  # the grouping key at the push gateway
PUSH_SECONDS = 10
AWAY = (DreamseedError, psycopg.Error)


def text(registry: CollectorRegistry) -> str:
    """Return the metrics as Prometheus text."""
    return generate_latest(registry).decode()


def write(registry: CollectorRegistry, path: Path) -> None:
    """Write `path` so that readers see the old file or the new one, never half of it. Raises UsageError."""
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.",
                         "name a file in a folder that exists and is yours.") from error


def push(registry: CollectorRegistry, url: str) -> None:
    """Replace our metrics at the gateway `url`. Raises UsageError, BusyError, or DreamseedError if refused."""
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
    """Answer `/metrics` and `/healthz` until SIGTERM or SIGINT. Raises UsageError if the address is not free."""
    try:
        server = make_server(host, port, _application(registry), _Server, _QuietHandler)
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror}.",
                         "choose another --serve HOST:PORT.") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop that this thread runs, so another thread has to call it.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    terminal.log(f"metrics served on {host}:{server.server_port}")
    with server:
        server.serve_forever(poll_interval=0.2)
    terminal.log("metrics server stopped")


def _application(registry: CollectorRegistry) -> WSGIApplication:
    """Wrap the library's application: 503 while the database is away, and no metrics under other paths."""
    metrics = make_wsgi_app(registry)
    one_at_a_time = threading.Lock()  # a slow database must not collect a queue of our own queries

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":
            return _plain(start, "200 OK", "ok\n")
        if environ["PATH_INFO"] != "/metrics":
            return _plain(start, "404 Not Found", "There are /metrics and /healthz.\n")
        try:
            with one_at_a_time:
                body: Iterable[bytes] = metrics(environ, start)
                return body
        except AWAY as error:
            terminal.log(f"scrape failed: {first_line(error)}", level="ERROR")
            return _plain(start, "503 Service Unavailable", "The warehouse cannot be read; the log has the cause.\n")

    return application


def _plain(start: StartResponse, status: str, text: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]


class _Server(ThreadingMixIn, WSGIServer):
    """Answers `/healthz` while a scrape waits for the database."""

    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    """Leaves scrapes out of the log: one every few seconds would bury what matters."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""
