"""The stack of one home: Postgres (embedded, or the user's own) and the R services."""

from __future__ import annotations

from orchestration.settings import Settings
from orchestration.stack.home import home_lock
from orchestration.stack.postgres import EmbeddedPostgres
from orchestration.stack.services import RServices, service_names
from python_models.errors import UsageError
from python_models.warehouse.connection import Warehouse


class Stack:
    """What a command needs to be up. Whatever it starts stays up until `down`."""

    def __init__(self, settings: Settings) -> None:
        """Describe the stack of `settings.home`; nothing is started."""
        self.settings = settings
        self.postgres = EmbeddedPostgres(settings.home / "postgres")
        self.services = RServices(settings)

    def warehouse(self) -> Warehouse:
        """Return the warehouse, starting the embedded Postgres if no DATABASE_URL is set."""
        return Warehouse(self.database_url(), self.settings.dbt_schema)

    def database_url(self) -> str:
        """Return the database's postgresql:// URL, starting the embedded Postgres if no DATABASE_URL is set."""
        if self.settings.database_url:
            return _plain_url(self.settings.database_url)
        with home_lock(self.settings.home):
            return self.postgres.start()

    def up(self) -> None:
        """Start Postgres and every R service."""
        self.database_url()
        for name in service_names():
            self.services.address(name)

    def down(self) -> list[str]:
        """Stop what this home started; return the names of what was running."""
        with home_lock(self.settings.home):
            stopped = self.services.stop()
            return [*stopped, "postgres"] if self.postgres.stop() else stopped


def _plain_url(url: str) -> str:
    """Accept SQLAlchemy's spelling too (postgresql+psycopg2://...), and postgres://."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise UsageError("DATABASE_URL is not a Postgres URL.", "write postgresql://user:password@host:5432/database.")
    return f"postgresql://{rest}"
