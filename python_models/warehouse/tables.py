"""Tables as the dbt manifest declares them: the inputs of a service and its landing tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from python_models.errors import ContractError

RUNNER_COLUMNS = ("run_id", "fitted_at")  # written by the runner, so never part of a service's answer


@dataclass(frozen=True)
class Relation:
    """A table or view in the warehouse."""

    schema: str
    name: str


@dataclass(frozen=True)
class InputTable:
    """A contracted dbt model that the service receives as the multipart part `wire_table`."""

    relation: Relation
    wire_table: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ParameterTable:
    """A contracted dbt model of one row whose columns the service receives as parameters of their names."""

    relation: Relation
    columns: tuple[str, ...]


@dataclass(frozen=True)
class LandingTable:
    """A dbt source table that the runner writes; `columns` are those that the service returns."""

    relation: Relation
    columns: tuple[str, ...]
    may_be_empty: bool = False


def check_header(table: LandingTable, header: Sequence[str]) -> None:
    """Raise ContractError unless `header` names exactly the declared columns, in any order."""
    missing = [name for name in table.columns if name not in header]
    unknown = [name for name in header if name not in table.columns]
    if missing or unknown or len(header) != len(set(header)):
        raise ContractError(
            f"Table {table.relation.name} came with columns {', '.join(header)}; "
            f"missing: {', '.join(missing) or 'none'}; not declared: {', '.join(unknown) or 'none'}.",
            "make the service's answer and the dbt source agree.")
