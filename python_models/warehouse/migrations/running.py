"""Runs the migrations that Alembic was asked for: one connection, the target schema first in the search path."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import create_engine, text

from python_models.warehouse.connection import Warehouse
from python_models.warehouse.revisions import VERSION_TABLE


def run(warehouse: Warehouse, **options: Any) -> None:
    """Run them in the warehouse's schema, each in a transaction of its own.

    `options` are handed to Alembic's `context.configure`.
    """
    engine = create_engine(warehouse.url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            quoted = connection.dialect.identifier_preparer.quote(warehouse.schema)
            if connection.execute(text("select to_regnamespace(:name)"), {"name": quoted}).scalar() is None:
                # "if not exists" would need the right to create schemas even where this one exists
                connection.execute(text(f"create schema {quoted}"))
            connection.execute(text("select set_config('search_path', :path, false)"), {"path": quoted})
            connection.commit()
            context.configure(connection=connection, version_table=VERSION_TABLE,
                              version_table_schema=warehouse.schema, transaction_per_migration=True, **options)
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()
