"""The names of a warehouse's schemas. All follow from the target schema, which holds the marts that dbt builds."""

from __future__ import annotations


def built(schema: str) -> tuple[str, ...]:
    """Return the schemas that dbt builds in: the target schema, staging, and what fits read."""
    return schema, f"{schema}_staging", f"{schema}_fits"


def released(schema: str) -> str:
    """Return the schema with the marts as the current release shows them."""
    return f"{schema}_released"


def versions(schema: str) -> str:
    """Return the schema with the versions of rows from which releases are made."""
    return f"{schema}_versions"


def owned(schema: str) -> tuple[str, ...]:
    """Return every schema of the warehouse, the target schema first."""
    return *built(schema), released(schema), versions(schema)
