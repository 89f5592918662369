"""The revision of the warehouse's tables: the one a database is at, and those this code knows.

Alembic would answer the same, but importing it costs a third of a second, and every job asks.
"""

from __future__ import annotations

from pathlib import Path

from psycopg import Connection, sql

from python_models.errors import UsageError

# The application may run Alembic in the same database: its version table must not be ours.
VERSION_TABLE = "dreamseed_schema_version"
_FILES = Path(__file__).parent / "migrations" / "versions"


def known() -> list[str]:
    """Return the revisions that this code knows, oldest first; the name of each file begins with its revision."""
    return sorted(path.name.split("_")[0] for path in _FILES.glob("[0-9]*_*.py"))


def head() -> str:
    """Return the newest revision that this code knows."""
    return known()[-1]


def current(connection: Connection[tuple[object, ...]], schema: str) -> str | None:
    """Return the revision that `schema` is at; None before the first `dreamseed init`."""
    table = sql.Identifier(schema, VERSION_TABLE)
    found = connection.execute("select to_regclass(%s)", [table.as_string(connection)]).fetchone()
    if found is None or found[0] is None:
        return None
    row = connection.execute(sql.SQL("select version_num from {}").format(table)).fetchone()
    return str(row[0]) if row else None


def require_known(revision: str | None) -> None:
    """Raise UsageError if newer code made `revision`: only that code can undo it."""
    if revision is not None and revision not in known():
        raise UsageError(f"The warehouse's tables are at revision {revision}, this code knows none after {head()}.",
                         f"deploy the newer code again, or use it to run `alembic downgrade {head()}`.")


def require_head(revision: str | None) -> None:
    """Raise UsageError unless `revision` is the newest one; the fix says whether to upgrade or to go back."""
    require_known(revision)
    if revision != head():
        raise UsageError(f"The warehouse's tables are at revision {revision or '(none)'}, this code needs {head()}.",
                         "run `dreamseed init`.")
