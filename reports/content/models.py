"""The models behind a report: the run of each fit that the week knew, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reports.sources.records import School

FITS = ("irt", "growth", "survival", "segments")  # those that a report shows, in the order of sections
OLD_DAYS = 35  # an older model is marked as old


@dataclass(frozen=True)
class Model:
    """A fit whose results are shown: its run's as_of, and its age in days on the week's Sunday; None without a run."""

    fit: str
    as_of: date | None
    age_days: int | None

    @property
    def is_old(self) -> bool:
        """Whether the model is so old that the report warns of it."""
        return self.age_days is not None and self.age_days > OLD_DAYS


def model_of(fit: str, school: School) -> Model:
    """Return the run of `fit` that the week's Sunday knew, with its age."""
    as_of = school.runs.get(fit)
    return Model(fit, as_of, None if as_of is None else (school.week.sunday - as_of).days)
