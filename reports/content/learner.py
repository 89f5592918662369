"""The contents of a learner's report before they are put into words: pure functions, no language, no markup."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from reports.content.praise import WeekFacts, week_facts
from reports.content.topics import Belief, Practice, beliefs, practice
from reports.content.weeks import PastWeek, past_weeks
from reports.sources.records import AbilityWeek, Day, Goal, Growth, KpiWeek, LearnerRecord, Level, Risk, School, Segment

Row = TypeVar("Row")
KPIS = ("I_t", "E_t", "R_t", "A_t", "P", "S")
FITS = ("irt", "growth", "survival", "segments")  # those that a report shows, in the order of sections
Z_90 = 1.645  # half-width of a 90% interval in standard errors
OLD_DAYS = 35  # an older model is marked as old
HIGH_RISK, LOW_RISK = 0.7, 0.3
FINISHED = "finished"  # the source of S of a learner who has solved everything


@dataclass(frozen=True)
class Card:
    """A KPI: its key, this week's and last week's value, the code of why it is missing, how it was computed."""

    key: str
    now: float | None
    before: float | None
    reason: str
    method: str


@dataclass(frozen=True)
class Change:
    """Change in level against two weeks before, its standard error, and `up`, `down` or `same` (90% sure)."""

    delta: float
    se: float
    verdict: str


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


@dataclass(frozen=True)
class Missing:
    """A part that could not be computed, and the code of the reason."""

    part: str
    reason: str


@dataclass(frozen=True)
class LearnerContent:
    """All that a learner's page shows."""

    record: LearnerRecord
    school: School
    cards: Sequence[Card]
    days: Sequence[Day]  # seven, Monday first
    weeks: Sequence[PastWeek]  # twelve, the report's last
    n_before: int  # answers of the week before
    last_active: date | None
    estimate: Level | None  # also if too little is known to show it
    ability: AbilityWeek | None
    change: Change | None
    growth: Growth | None
    risk: Risk | None
    risk_level: str  # low, middle, high; empty without S
    reasons: Sequence[tuple[str, float]]  # feature, what it multiplies the rate of returning by
    topics: Sequence[Belief]
    practice: Sequence[Practice]
    goals: Sequence[Goal]
    segment: Segment | None
    models: Sequence[Model]
    missing: Sequence[Missing]

    @property
    def level(self) -> Level | None:
        """The level to show; None if it is not known well enough."""
        return self.estimate if self.estimate and self.estimate.is_known else None

    @property
    def answers(self) -> int:
        """Answers of the week."""
        return sum(day.attempts for day in self.days)

    @property
    def right(self) -> int:
        """Right answers of the week."""
        return sum(day.correct for day in self.days)

    @property
    def active_days(self) -> int:
        """Days of the week with an answer."""
        return sum(day.attempts > 0 for day in self.days)

    @property
    def is_finished(self) -> bool:
        """Whether the learner had solved all that the course held at the end of the week."""
        return self.card("S").method == FINISHED

    @property
    def facts(self) -> WeekFacts:
        """What the first sentence and the one number rest on."""
        has_risen = self.change is not None and self.change.verdict == "up"
        return week_facts(self.record, self.weeks, has_risen, self.is_finished)

    def card(self, key: str) -> Card:
        """Return one KPI."""
        return next(card for card in self.cards if card.key == key)


def learner_content(record: LearnerRecord, school: School) -> LearnerContent:
    """Return the contents of the report about one learner's week."""
    estimate = _one(record.levels)
    believed = beliefs(estimate, record.topics, school.topic_spread) if estimate else []
    solved = record.solved[0].items if record.solved else ()
    cards, risk = _cards(record), _one(record.risks)
    ability = record.abilities[-1] if record.abilities else None
    content = LearnerContent(
        record, school, cards, _week(record), past_weeks(record),
        _answers(record, record.week.start - timedelta(days=7)),
        max((day.active_on for day in record.days), default=None), estimate, ability, _change(record),
        _one(record.growth) if estimate and estimate.is_known else None, risk, _risk_level(cards[-1].now),
        main_reasons(risk.reasons if risk else ()), believed,
        practice(school.bank, estimate, believed, solved) if estimate else (), record.goals, _one(record.segments),
        [model(fit, school) for fit in FITS], ())
    return LearnerContent(**{**vars(content), "missing": _missing(content)})


def _cards(record: LearnerRecord) -> list[Card]:
    by_week = {kpis.week_start: kpis for kpis in record.kpis}
    this = by_week.get(record.week.start, KpiWeek(record.user_id, record.week.start))
    last = by_week.get(record.week.start - timedelta(days=7), KpiWeek(record.user_id, record.week.start))
    methods = {"I_t": this.i_t_method, "P": this.p_method, "S": this.s_source}
    return [Card(key, getattr(this, key.lower()), getattr(last, key.lower()), (this.null_reasons or {}).get(key, ""),
                 methods.get(key) or "") for key in KPIS]


def _week(record: LearnerRecord) -> list[Day]:
    active = {day.active_on: day for day in record.days}
    return [active.get(day, Day(record.user_id, day, 0, 0, None)) for day in record.week.days()]


def _answers(record: LearnerRecord, monday: date) -> int:
    return sum(day.attempts for day in record.days if 0 <= (day.active_on - monday).days < 7)


def _change(record: LearnerRecord) -> Change | None:
    by_week = {ability.week_start: ability for ability in record.abilities}
    now, before = by_week.get(record.week.start), by_week.get(record.week.start - timedelta(days=14))
    if now is None or before is None:
        return None
    delta, se = now.theta_freed - before.theta_freed, math.hypot(now.se_freed, before.se_freed)
    return Change(delta, se, "same" if abs(delta) < Z_90 * se else "up" if delta > 0 else "down")


def _risk_level(s: float | None) -> str:
    if s is None:
        return ""
    return "high" if s >= HIGH_RISK else "low" if s < LOW_RISK else "middle"


def main_reasons(reasons: Sequence[Mapping[str, object]]) -> list[tuple[str, float]]:
    """Return what lowers the rate of returning, most first: the feature, and what it multiplies the rate by."""
    return [(str(reason["feature"]), float(str(reason["effect"]))) for reason in reasons]


def model(fit: str, school: School) -> Model:
    """Return the run of `fit` that the week's Sunday knew, with its age."""
    as_of = school.runs.get(fit)
    return Model(fit, as_of, None if as_of is None else (school.week.sunday - as_of).days)


def _missing(content: LearnerContent) -> list[Missing]:
    found = [Missing(f"kpi.{card.key}", card.reason or "unknown_to_model")
             for card in content.cards if card.now is None]
    parts = {"level": (content.level, "irt"), "growth": (content.growth, "growth"),
             "reasons": (content.risk, "survival"), "segment": (content.segment, "segments"),
             "topics": (content.topics, "irt"), "practice": (content.practice, "irt")}
    for part, (value, fit) in parts.items():
        if not value:
            found.append(Missing(part, _why_missing(content, part, fit)))
    return found


def _why_missing(content: LearnerContent, part: str, fit: str) -> str:
    if fit not in content.school.runs:
        return f"no_run.{fit}"
    if part in ("level", "growth") and content.estimate and not content.estimate.is_known:
        return "few_answers_for_level"
    return "no_item_fits" if part == "practice" and content.estimate else "unknown_to_model"


def _one(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None
