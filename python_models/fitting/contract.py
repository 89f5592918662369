"""Compares what the manifest declares with what the service returned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from python_models.errors import ContractError
from python_models.fitting.fit import Fit, Gate


def check_tables(fit: Fit, offered: Sequence[str]) -> None:
    """Raise ContractError unless the service offers every landing table of `fit`."""
    missing = [table.relation.name for table in fit.landing if table.relation.name not in offered]
    if missing:
        raise ContractError(f"{fit.service} answered without the table(s) {', '.join(missing)}.",
                            f"let {fit.endpoint} return every table of source {fit.name!r}.")


def read_gates(result: Mapping[str, Any]) -> tuple[Gate, ...]:
    """Return the gates of a service's answer. A fit without gates cannot be published.

    Raises ContractError if there is no gate, or one without a bound.
    """
    gates = tuple(Gate(str(entry.get("name")), _number(entry.get("value")), _number(entry.get("lower")),
                       _number(entry.get("upper"))) for entry in result.get("gates") or [])
    unbounded = [gate.name for gate in gates if gate.lower is None and gate.upper is None]
    if not gates or unbounded:
        raise ContractError(f"The service's gates are unusable ({', '.join(unbounded) or 'there are none'}).",
                            "return at least one gate, each with `lower` or `upper`.")
    return gates


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None
