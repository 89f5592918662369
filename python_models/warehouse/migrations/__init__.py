"""Alembic migrations of the tables that the warehouse owns: `upgrade` and `downgrade`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from python_models.errors import UsageError, first_line
from python_models.warehouse import revisions
from python_models.warehouse.connection import Warehouse


def upgrade(warehouse: Warehouse, revision: str = "head") -> None:
    """Bring the warehouse's own tables to `revision`; application tables are created only where absent.

    Raises UsageError when the database user lacks a right (the steps of that revision are undone), or when newer code
    has created the tables. Raises BusyError if the database cannot be reached.
    """
    revisions.require_known(warehouse.revision())
    try:
        command.upgrade(_config(warehouse), revision)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise UsageError(f"The database user may not migrate the warehouse: {first_line(error.orig)}.",
                         "run `dreamseed init` as the owner of the database (docs/security.md).") from error


def downgrade(warehouse: Warehouse, revision: str) -> None:
    """Go back to `revision` (such as "-1" or "base"); application tables that hold rows are kept."""
    command.downgrade(_config(warehouse), revision)


def _config(warehouse: Warehouse) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes.update(warehouse=warehouse)
    return config
