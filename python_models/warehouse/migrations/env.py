"""Alembic environment of `python_models.warehouse.migrations.upgrade` and `downgrade`, which name the warehouse."""

from alembic import context

from python_models.warehouse.migrations.running import run

run(context.config.attributes["warehouse"])
