"""What a fit is: its declaration in the dbt manifest. No fit is named in code."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_models.warehouse.tables import InputTable, LandingTable, ParameterTable


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
        bounds = " and ".join(f"{word} {bound:g}" for word, bound in (("at least", self.lower), ("at most", self.upper))
                              if bound is not None)
        shown = "missing" if self.value is None else f"{self.value:.4g}"
        return f"{self.name} is {shown}, must be {bounds}"

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
    notices: tuple[str, ...] = field(default=())

    @property
    def reasons(self) -> list[str]:
        """Return one line for each gate that failed."""
        return [gate.line() for gate in self.gates if not gate.passed]
