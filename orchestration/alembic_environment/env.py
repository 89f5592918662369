"""Alembic environment of its own command line, such as `alembic downgrade -1`: the warehouse `dreamseed` would use.

pyproject.toml names this folder. An expected error ends as one line, in Alembic's way.
"""

from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from orchestration.settings import read_settings
from orchestration.stack.stack import Stack
from python_models.errors import DreamseedError
from python_models.warehouse.migrations.running import run


def print_revision(*, step: Any, **_: Any) -> None:
    """Print each change of revision as Alembic reports it."""
    before, after = (" ".join(ids) or "base" for ids in (step.source_revision_ids, step.destination_revision_ids))
    context.config.print_stdout(f"revision {before} -> {after}")


try:
    run(Stack(read_settings()).warehouse(), on_version_apply=print_revision)
except DreamseedError as error:
    raise CommandError(str(error)) from error
except SQLAlchemyError as error:
    first = str(error.__cause__ or error).strip().splitlines()[0]
    raise CommandError(f"The database refused: {first}. Fix: check DATABASE_URL, and what the line names.") from error
