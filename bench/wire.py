"""Measure seconds for one million rows from Postgres to R and 100,000 back, on the path of every fit.

    .venv/bin/python bench/wire.py

Postgres COPY -> gzip CSV -> HTTP -> R (fread, checked against the contract) -> CSV -> HTTP -> COPY into a table.
The R side is bench/echo, a service on the same `fitservice` package that does no fit.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import machine

from orchestration import terminal
from orchestration.settings import PROJECT_DIR
from orchestration.stack.postgres import EmbeddedPostgres
from orchestration.stack.services import _free_port
from python_models.fitting.client import ServiceAddress, ServiceClient
from python_models.warehouse.connection import Connection, connect
from python_models.warehouse.copy import copy_in, copy_out
from python_models.warehouse.tables import InputTable, LandingTable, Relation

ROWS, ROWS_BACK = 1_000_000, 100_000
INPUT = InputTable(Relation("public", "echo_input"), "rows", ("user_id", "item_id", "score"))
LANDING = LandingTable(Relation("public", "echo_risk"), ("user_id", "item_id", "score"))


def prepare(connection: Connection) -> None:
    """Create one million rows and a landing table."""
    connection.execute("""
        create table echo_input as
        select (n / 40)::int as user_id, (n %% 2000)::int as item_id, sin(n)::double precision as score
        from generate_series(1, %s) as n""", [ROWS])
    connection.execute("create table echo_risk (run_id text, fitted_at timestamptz, user_id int, item_id int, "
                       "score double precision)")
    connection.commit()


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the echo service and wait until it is ready."""
    command = f'fitservice::serve("{PROJECT_DIR / "bench" / "echo"}", "127.0.0.1", {port}L)'
    process = subprocess.Popen(["Rscript", "--vanilla", "-e", command],
                               env=os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library")})
    for _ in range(300):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return process
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("the echo service did not start; run `make setup`")


def carry(connection: Connection, client: ServiceClient, folder: Path, key: str) -> list[list[object]]:
    """Send the rows to R and back once; return (step, rows, seconds) of each step."""
    lines: list[list[object]] = []

    def timed(step: str, rows: int, start: float) -> float:
        lines.append([step, rows, round(time.monotonic() - start, 2)])
        return time.monotonic()

    start = begin = time.monotonic()
    sent, _ = copy_out(connection, INPUT, folder / "rows.csv.gz")
    start = timed("Postgres COPY to gzip CSV (ordered, hashed)", sent, start)
    job, result = client.fit("/echo/fit", {"rows_back": ROWS_BACK}, {"rows": folder / "rows.csv.gz"}, key, 300,
                             whole=True)
    start = timed("HTTP, R reads and checks, R writes the answer", result["rows"], start)
    client.fetch_table(job, "echo_risk", folder / "back.csv")
    landed = copy_in(connection, LANDING, folder / "back.csv", key, datetime.now(UTC))
    connection.commit()
    timed("HTTP, COPY into the landing table", landed, start)
    lines.append(["round trip", sent + landed, round(time.monotonic() - begin, 2)])
    return lines


def main() -> None:
    """Print the table of the second round; the first one warms caches."""
    with tempfile.TemporaryDirectory() as home:
        postgres, port = EmbeddedPostgres(Path(home) / "postgres"), _free_port()
        process = serve(port)
        try:
            with connect(postgres.start()) as connection, \
                    ServiceClient(ServiceAddress(f"http://127.0.0.1:{port}", "")) as client:
                prepare(connection)
                rounds = [carry(connection, client, Path(home), f"bench-{n}") for n in range(2)]
        finally:
            process.terminate()
            process.wait()
            postgres.stop()
    terminal.out.print(machine.describe())
    terminal.print_table("Wire", ["step", "rows", "seconds"], rounds[-1])


if __name__ == "__main__":
    main()
