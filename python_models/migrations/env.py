"""Alembic environment of `python_models.migrations.upgrade` and `downgrade`, which say where."""

from alembic import context

from python_models.migrations.running import run

run(context.config.attributes["url"], context.config.attributes["schema"])
