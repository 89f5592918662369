"""Errors of commands as one line and an exit code."""

from __future__ import annotations

import sys

import click

from python_models.errors import DreamseedError, UsageError, first_line


def expected(error: BaseException) -> DreamseedError | None:
    """Return the failure that `error` stands for; None if it is a fault of this program, whose traceback is needed."""
    if isinstance(error, DreamseedError):
        return error
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return DreamseedError("Interrupted; a rerun resumes the job.")
    if isinstance(error, click.UsageError):
        hint = f"see `{error.ctx.command_path} --help`." if error.ctx else "see `dreamseed --help`."
        return UsageError(error.format_message(), hint)
    psycopg = sys.modules.get("psycopg")  # if Postgres's client is not even imported, the error is not from it
    if psycopg is not None and isinstance(error, psycopg.Error):
        return DreamseedError(f"The database refused: {first_line(error)}.",
                              "see `dreamseed status` and the server's log.")
    return None
