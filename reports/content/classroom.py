"""The contents of a class's report for its teacher: who is in it, who needs attention and why, how it is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reports.content import sentences
from reports.content.learner import FINISHED
from reports.content.models import FITS, Model, model_of
from reports.content.sentences import Z_90
from reports.sources.class_records import ClassRecord, Member
from reports.sources.records import School

GOAL_AT_RISK = 0.3  # a learner less likely than this to reach the goal is listed
BIN = 0.5  # width of a bar of the distribution, on the theta scale
LOWEST, HIGHEST = -3.0, 3.0  # levels beyond these are counted in the outermost bars


@dataclass(frozen=True)
class Attention:
    """A learner who needs attention: the kinds of reasons, most pressing first, and the main reasons for a break."""

    member: Member
    kinds: Sequence[str]
    reasons: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Bar:
    """Learners whose level lies from `low` to `low` + BIN."""

    low: float
    count: int


@dataclass(frozen=True)
class ClassContent:
    """All that a class's page shows."""

    record: ClassRecord
    school: School
    attention: Sequence[Attention]
    bars: Sequence[Bar]
    models: Sequence[Model]

    @property
    def active(self) -> int:
        """Learners who answered in the week."""
        return sum(bool(member.answers) for member in self.record.members)

    @property
    def roster(self) -> Sequence[Member]:
        """All learners of the class: those who answered in the week by id, then the others, who left last first."""
        return sorted(self.record.members, key=lambda member: (
            not member.answers, 0 if member.answers else -_day_number(member.last_active), member.user_id))

    @property
    def answers(self) -> int:
        """Answers of the week."""
        return sum(member.answers or 0 for member in self.record.members)

    @property
    def right(self) -> int:
        """Right answers of the week."""
        return sum(member.correct or 0 for member in self.record.members)

    @property
    def levels(self) -> Sequence[float]:
        """The known levels, sorted."""
        return _known_levels(self.record)

    @property
    def finished(self) -> Sequence[Member]:
        """Learners who have solved all that the course holds, by name."""
        return sorted((one for one in self.record.members if one.s_source == FINISHED), key=lambda one: one.user_id)


def class_content(record: ClassRecord, school: School) -> ClassContent:
    """Return the contents of the report about a class's week."""
    found = [Attention(member, kinds, main_reasons(member.reasons or ()))
             for member in record.members if (kinds := _kinds(member))]
    models = [model_of(fit, school) for fit in FITS]
    return ClassContent(record, school, sorted(found, key=_urgency), _bars(_known_levels(record)), models)


def _known_levels(record: ClassRecord) -> list[float]:
    return sorted(member.theta for member in record.members if member.theta is not None and member.is_level_known)


def _kinds(member: Member) -> list[str]:
    """Return the kinds of reasons why a learner needs attention; empty without any."""
    absence = sentences.absence(bool(member.answers), member.s, member.s_source)
    found = [absence] if absence else []
    if member.change is not None and member.change_se is not None and member.change < -Z_90 * member.change_se:
        found.append("falling")
    if member.target_date is not None and member.p is not None and member.p < GOAL_AT_RISK:
        found.append("goal")
    return found


def main_reasons(reasons: Sequence[Mapping[str, object]]) -> list[tuple[str, float]]:
    """Return what lowers the rate of returning, most first: the feature, and what it multiplies the rate by."""
    return [(str(reason["feature"]), float(str(reason["effect"]))) for reason in reasons]


def _day_number(day: date | None) -> int:
    return day.toordinal() if day else 0


def _urgency(one: Attention) -> tuple[bool, int, float, str]:
    member = one.member
    return "away" in one.kinds, -len(one.kinds), -(member.s or 0), member.user_id


def _bars(levels: Sequence[float]) -> list[Bar]:
    n = round((HIGHEST - LOWEST) / BIN)
    counts = [0] * n
    for theta in levels:
        counts[min(n - 1, max(0, int((theta - LOWEST) // BIN)))] += 1
    return [Bar(LOWEST + at * BIN, count) for at, count in enumerate(counts)]
