"""What a class's report is made from: one row per learner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reports.sources.records import Week


@dataclass(frozen=True)
class Member:
    """A learner of a class, as known at the week's end; null where unknown."""

    classroom_id: str
    user_id: str
    i_t: float | None
    p: float | None
    s: float | None
    s_source: str | None
    theta: float | None
    se: float | None
    is_level_known: bool  # well enough to be shown
    change: float | None  # of the level against two weeks before
    change_se: float | None
    reasons: Sequence[Mapping[str, object]] | None
    answers: int | None  # of the week
    correct: int | None
    last_active: date | None
    target_date: date | None  # of the nearest goal; null without one


@dataclass(frozen=True)
class ClassRecord:
    """Everything that a class's report is made from."""

    classroom_id: str
    name: str | None
    grade: int | None
    week: Week
    members: tuple[Member, ...]

    @property
    def owner(self) -> tuple[str, str]:
        """The kind of report, and whose it is."""
        return "classes", self.classroom_id

    def __post_init__(self) -> None:
        """Refuse learners of other classes, whoever read them."""
        if any(member.classroom_id != self.classroom_id for member in self.members):
            raise ValueError("A learner is not in the class.")
