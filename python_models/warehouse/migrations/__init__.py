"""Alembic migrations of the tables that the warehouse owns; see `python_models.warehouse.migrations.upgrade`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine
from sqlalchemy.exc import ProgrammingError

from python_models.errors import UsageError

# The application may run Alembic in the same database: its version table must not be ours.
VERSION_TABLE = "dreamseed_schema_version"


def _config(url: str, schema: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes.update(url=url, schema=schema)
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config("", "public"))


def upgrade(url: str, schema: str = "public", revision: str = "head") -> None:
    """Bring the warehouse's own tables to `revision`; application tables are made only where absent.

    Raises UsageError when the database user lacks a right (what was done until then is undone), or when newer code has
    made the tables.
    """
    require_known(current(url, schema))
    try:
        command.upgrade(_config(url, schema), revision)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        line = str(error.orig).strip().splitlines()[0]
        raise UsageError(f"The database user may not migrate the warehouse: {line}.",
                         "run `dreamseed init` as the owner of the database (docs/security.md).") from error


def downgrade(url: str, revision: str, schema: str = "public") -> None:
    """Go back to `revision` (such as "-1" or "base"); application tables that hold rows are kept."""
    command.downgrade(_config(url, schema), revision)


def head() -> str:
    """Return the newest revision that this code knows."""
    return _scripts().get_current_head() or ""


def require_known(revision: str | None) -> None:
    """Raise UsageError if `revision` was made by newer code: only that code knows the way down."""
    if revision is not None and revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise UsageError(f"The warehouse's tables are at revision {revision}, this code knows none after {head()}.",
                         f"deploy the newer code again, or with it run `alembic downgrade {head()}`.")


def current(url: str, schema: str = "public") -> str | None:
    """Return the revision the database is at; None before the first `dreamseed init`."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            options = {"version_table": VERSION_TABLE, "version_table_schema": schema}
            return MigrationContext.configure(connection, opts=options).get_current_revision()
    finally:
        engine.dispose()
