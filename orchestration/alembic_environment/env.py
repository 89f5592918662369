"""Alembic environment of its own command line, such as `alembic downgrade -1`: the warehouse `dreamseed` would use.

pyproject.toml names this folder. A trouble on purpose ends as one line, as everywhere, in Alembic's way.
"""

from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from orchestration.jobs.pipeline import sqlalchemy_url
from orchestration.settings import read_settings
from orchestration.stack.stack import Stack
from python_models.errors import DreamseedError
from python_models.warehouse.migrations.running import run


def tell(*, step: Any, **_: Any) -> None:
    """Print each revision that was left behind or reached."""
    before, after = (" ".join(ids) or "base" for ids in (step.source_revision_ids, step.destination_revision_ids))
    context.config.print_stdout(f"revision {before} -> {after}")


try:
    settings = read_settings()
    run(sqlalchemy_url(Stack(settings).database_url()), settings.dbt_schema, on_version_apply=tell)
except DreamseedError as error:
    raise CommandError(str(error)) from error
except SQLAlchemyError as error:
    first = str(error.__cause__ or error).strip().splitlines()[0]
    raise CommandError(f"The database refused: {first}. Fix: check DATABASE_URL, and what the line names.") from error
