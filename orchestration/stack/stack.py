"""The stack of one home: Postgres (embedded, or the user's own) and the R services."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.settings import Settings
from orchestration.stack.postgres import EmbeddedPostgres
from orchestration.stack.services import RServices, service_names
from python_models.errors import UsageError


class Stack:
    """What a command needs to be up. Whatever it starts stays up until `down`."""

    def __init__(self, settings: Settings) -> None:
        """Describe the stack of `settings.home`; nothing is started."""
        self.settings = settings
        self.postgres = EmbeddedPostgres(settings.home / "postgres")
        self.services = RServices(settings)

    def database_url(self) -> str:
        """Return the warehouse's postgresql:// URL, starting the embedded server if none is set."""
        if self.settings.database_url:
            return _plain_url(self.settings.database_url)
        with self._starting():
            return self.postgres.start()

    def up(self) -> None:
        """Start Postgres and every R service."""
        self.database_url()
        with self._starting():
            for name in service_names():
                self.services.address(name)

    def down(self) -> list[str]:
        """Stop what this home started; return the names of what was running."""
        with self._starting():
            stopped = self.services.stop()
            return [*stopped, "postgres"] if self.postgres.stop() else stopped

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Let one command at a time start or stop parts, so that none is started twice."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        with exclusive(self.settings.home / "stack.lock"):
            yield


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock of the file `lock` while the block runs; waits for whoever holds it."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _plain_url(url: str) -> str:
    """Accept SQLAlchemy's spelling too (postgresql+psycopg2://...), and postgres://."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise UsageError("DATABASE_URL is not a Postgres URL.", "write postgresql://user:password@host:5432/database.")
    return f"postgresql://{rest}"
