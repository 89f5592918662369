"""What a fit is: its declaration in the dbt manifest. No fit is named in code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from python_models.errors import UsageError
from python_models.figures import readable
from python_models.warehouse.tables import InputTable, LandingTable, ParameterTable


@dataclass(frozen=True)
class Caution:
    """A bound on a gate's value that a published run may miss; `meaning` says what to beware of then."""

    gate: str
    lower: float
    meaning: str

    def line(self, value: float) -> str:
        """Return the warning for a run whose gate has `value`."""
        return f"{self.gate} is {readable(value, 4)}, under {readable(self.lower)}: {self.meaning}"


@dataclass(frozen=True)
class Fit:
    """One fit: exposure, source and folder share its `name`."""

    name: str
    service: str
    endpoint: str
    parameters: dict[str, str]  # parameter name: setting name
    deadline_seconds: float
    inputs: tuple[InputTable, ...]
    landing: tuple[LandingTable, ...]
    description: str = ""
    stored: tuple[ParameterTable, ...] = ()
    job: str = ""  # the command that runs it; empty: `dreamseed run`
    cautions: tuple[Caution, ...] = ()

    def warnings(self, gates: Mapping[str, float | None]) -> list[str]:
        """Return a line for each caution that a run with these values of its gates calls for."""
        values = [(caution, gates.get(caution.gate)) for caution in self.cautions]
        return [caution.line(value) for caution, value in values if value is not None and value < caution.lower]


def require_known(name: str, known: Collection[str]) -> None:
    """Raise UsageError, listing the known fits, unless `name` is one of them."""
    if name not in known:
        raise UsageError(f"There is no fit {name!r}.", f"use one of: {', '.join(sorted(known)) or '(none)'}.")


@dataclass(frozen=True)
class Gate:
    """One condition of publishing: lower <= value <= upper. A missing value fails."""

    name: str
    value: float | None
    lower: float | None = None
    upper: float | None = None

    @property
    def passed(self) -> bool:
        """Return whether the value is within its bounds."""
        if self.value is None:
            return False
        above = self.lower is None or self.value >= self.lower
        return above and (self.upper is None or self.value <= self.upper)

    def line(self) -> str:
        """Return the gate as one readable line: value and bounds."""
        bounds = " and ".join(f"{word} {readable(bound)}" for word, bound in (
            ("at least", self.lower), ("at most", self.upper)) if bound is not None)
        return f"{self.name} is {self.shown()}, must be {bounds}"

    def shown(self) -> str:
        """Return the value as people read it."""
        return "missing" if self.value is None else readable(self.value, 4)

    def record(self) -> dict[str, object]:
        """Return what `fit_run.gates` stores."""
        return {"name": self.name, "value": self.value, "lower": self.lower, "upper": self.upper,
                "passed": self.passed}


@dataclass(frozen=True)
class Outcome:
    """The result of one run of a fit."""

    run_id: str
    status: str  # published, rejected, unchanged, dry-run
    rows_in: int
    rows_out: int
    gates: tuple[Gate, ...] = ()
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()  # the fit's cautions that this run calls for
    fit: str = ""
    as_of: date | None = None

    @property
    def reasons(self) -> list[str]:
        """Return one line for each gate that failed."""
        return [gate.line() for gate in self.gates if not gate.passed]
