"""Fits that had too little data: a job goes on without them and names them at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from python_models.errors import NOT_ESTIMABLE, NotEstimable
from python_models.fitting.fit import Outcome


@dataclass(frozen=True)
class Refusal:
    """A fit that had too little data as of a day; `reason` has the numbers."""

    fit: str
    as_of: date
    reason: NotEstimable

    def line(self) -> str:
        """Return which fit had too little data, as of which day, and the numbers."""
        return f"{self.fit} as of {self.as_of}: {self.reason.message}"


def require_estimable(ended: Sequence[Outcome | Refusal]) -> None:
    """Raise NotEstimable, naming every fit and day, if a fit had too little data."""
    refusals = [one for one in ended if isinstance(one, Refusal)]
    if refusals:
        raise NotEstimable(" ".join(refusal.line() for refusal in refusals), refusals[0].reason.fix, NOT_ESTIMABLE)
