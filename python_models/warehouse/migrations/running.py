"""Runs the migrations that Alembic was asked for: one connection, the target schema first in the search path."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import create_engine, text

from python_models.warehouse.migrations import VERSION_TABLE


def run(url: str, schema: str, **options: Any) -> None:
    """Run them in `schema` of the database at `url` (SQLAlchemy's spelling), each in a transaction of its own.

    `options` go to Alembic's `context.configure`.
    """
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            quoted = connection.dialect.identifier_preparer.quote(schema)
            if connection.execute(text("select to_regnamespace(:name)"), {"name": quoted}).scalar() is None:
                # "if not exists" would ask for the right to make it
                connection.execute(text(f"create schema {quoted}"))
            connection.execute(text("select set_config('search_path', :path, false)"), {"path": quoted})
            connection.commit()
            context.configure(connection=connection, version_table=VERSION_TABLE, version_table_schema=schema,
                              transaction_per_migration=True, **options)
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()
