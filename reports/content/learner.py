"""The contents of a learner's report before they are put into words: pure functions, no language, no markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from reports.content import sentences
from reports.content.models import FITS, Model, model_of
from reports.content.praise import WeekFacts, week_facts
from reports.content.sentences import Z_90, Situation
from reports.content.topics import Belief, Practice, beliefs, practice
from reports.content.weeks import PastWeek, past_weeks
from reports.sources.records import AbilityWeek, Day, Goal, Growth, KpiWeek, LearnerRecord, Level, School, Segment

Row = TypeVar("Row")
KPIS = ("I_t", "E_t", "R_t", "A_t", "P")
FINISHED = "finished"  # the source of S of a learner who has solved everything


@dataclass(frozen=True)
class Card:
    """A KPI that is known: its key, this week's value, last week's if the two can be compared, how it was computed."""

    key: str
    now: float
    before: float | None
    method: str
    remark: str = ""  # `unclear` of an improvement that may be none


@dataclass(frozen=True)
class PassedGoal:
    """A goal whose date has passed: `reached`, `missed`, `over` or `over_unknown`, and the level in the date's week."""

    goal: Goal
    verdict: str
    ability: AbilityWeek | None


@dataclass(frozen=True)
class Change:
    """Change in level against two weeks before, its standard error, and `up`, `down` or `same` (90% sure)."""

    delta: float
    se: float
    verdict: str


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
    cards: Sequence[Card]  # of the KPIs that are known
    days: Sequence[Day]  # seven, Monday first
    weeks: Sequence[PastWeek]  # twelve, the report's last
    n_before: int  # answers of the week before
    last_active: date | None
    estimate: Level | None  # also if too little is known to show it
    ability: AbilityWeek | None
    change: Change | None
    growth: Growth | None  # its target and probability are those of a goal, or None
    topics: Sequence[Belief]
    practice: Sequence[Practice]
    goals: Sequence[Goal]  # those that can still be reached
    passed_goals: Sequence[PassedGoal]  # newest first
    segment: Segment | None
    models: Sequence[Model]
    missing: Sequence[Missing]

    @property
    def level(self) -> Level | None:
        """The level to show; None if it is not known well enough."""
        return self.estimate if self.estimate and self.estimate.is_known else None

    @property
    def is_finished(self) -> bool:
        """Whether the learner had solved all that the course held at the end of the week."""
        return _this_week(self.record).s_source == FINISHED

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
    def topics_differ(self) -> bool:
        """Whether a topic's level is known that differs from the learner's; else there is no order to show."""
        return any(belief.is_known and belief.deviation for belief in self.topics)

    @property
    def has_minutes(self) -> bool:
        """Whether it is known how long the learner worked on any day of the week."""
        return any(day.attempts and day.session_seconds is not None for day in self.days)

    @property
    def situation(self) -> Situation:
        """What decides between the page's sentences."""
        sunday = self.record.week.sunday
        return Situation(
            idle_days=None if self.last_active is None else (sunday - self.last_active).days,
            answered_before=self.n_before > 0, is_finished=self.is_finished,
            is_level_known=self.level is not None, change=self.change.verdict if self.change else "",
            is_improvement_known=any(card.key == "I_t" for card in self.cards),
            point_age_days=None if self.ability is None else (self.record.week.start - self.ability.week_start).days,
            has_practice=bool(self.practice), closed_until=self.school.closed_until)

    @property
    def facts(self) -> WeekFacts:
        """What the first sentence and the one number rest on."""
        has_risen = self.change is not None and self.change.verdict == "up"
        return week_facts(self.record, self.weeks, has_risen, self.is_finished)


def learner_content(record: LearnerRecord, school: School) -> LearnerContent:
    """Return the contents of the report about one learner's week."""
    estimate = _one(record.levels)
    believed = beliefs(estimate, record.topics, school.topic_spread) if estimate else []
    solved = record.solved[0].items if record.solved else ()
    goals = [goal for goal in record.goals if goal.is_ahead]
    content = LearnerContent(
        record, school, _cards(record, bool(goals)), _week(record), past_weeks(record),
        _answers(record, record.week.start - timedelta(days=7)),
        max((day.active_on for day in record.days), default=None), estimate,
        record.abilities[-1] if record.abilities else None, _change(record), _growth(record, estimate, bool(goals)),
        believed, practice(school.bank, estimate, believed, solved) if estimate else (), goals, _passed(record),
        _one(record.segments),
        [model for fit in FITS if fit != "survival" and (model := model_of(fit, school)).as_of], ())
    return replace(content, missing=_missing(content))


def _kpis_of(record: LearnerRecord, monday: date) -> KpiWeek:
    none = KpiWeek(record.user_id, monday)
    return next((kpis for kpis in record.kpis if kpis.week_start == monday), none)


def _this_week(record: LearnerRecord) -> KpiWeek:
    return _kpis_of(record, record.week.start)


def _cards(record: LearnerRecord, has_goal: bool) -> list[Card]:
    """Return the KPIs that are known; P is one only for those who have a goal ahead."""
    this, last = _this_week(record), _kpis_of(record, record.week.start - timedelta(days=7))
    methods = {"I_t": (this.i_t_method, last.i_t_method), "P": (this.p_method, last.p_method)}
    aims = {"P": ((this.target, this.target_date), (last.target, last.target_date))}
    found = []
    for key in KPIS if has_goal else KPIS[:-1]:
        now, before = getattr(this, key.lower()), getattr(last, key.lower())
        method, method_before = methods.get(key, (None, None))
        if now is not None:
            same = sentences.is_comparable(method, method_before, *aims.get(key, (None, None)))
            remark = sentences.improvement(now, this.i_t_se) if key == "I_t" else ""
            found.append(Card(key, now, before if same else None, method or "", remark))
    return found


def _growth(record: LearnerRecord, estimate: Level | None, has_goal: bool) -> Growth | None:
    """Return what is expected of days ahead; its probability is P. Without a goal it has neither that nor a target."""
    growth = _one(record.growth)
    if growth is None or growth.goal_date <= record.week.sunday or not (estimate and estimate.is_known):
        return None
    return replace(growth, probability=_this_week(record).p if has_goal else None,
                   target=growth.target if has_goal else None)


def _passed(record: LearnerRecord) -> list[PassedGoal]:
    by_week = {ability.week_start: ability for ability in record.abilities}
    found = []
    for goal in record.goals:
        if not goal.is_ahead and goal.target_date is not None:
            ability = by_week.get(goal.target_date - timedelta(days=goal.target_date.weekday()))
            level = (ability.theta, ability.se) if ability else None
            found.append(PassedGoal(goal, sentences.goal(False, True, goal.target_level, level), ability))
    return sorted(found, key=lambda one: one.goal.target_date or date.max, reverse=True)


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


def _missing(content: LearnerContent) -> list[Missing]:
    this, known = _this_week(content.record), {card.key for card in content.cards}
    wanted = KPIS if content.goals else KPIS[:-1]
    found = [Missing(f"kpi.{key}", (this.null_reasons or {}).get(key, "unknown_to_model"))
             for key in wanted if key not in known]
    parts = {"level": (content.level, "irt"), "growth": (content.growth, "growth"),
             "segment": (content.segment, "segments"),
             "topics": (content.topics, "irt"), "practice": (content.practice, "irt")}
    for part, (value, fit) in parts.items():
        if not value and not (part == "practice" and content.is_finished):
            found.append(Missing(part, _why_missing(content, part, fit)))
    if content.topics_differ and not all(belief.is_known for belief in content.topics):
        found.append(Missing("topic_levels", "few_answers_for_level"))
    if content.answers and not content.has_minutes:
        found.append(Missing("minutes", "no_session_times"))
    return found


def _why_missing(content: LearnerContent, part: str, fit: str) -> str:
    school = content.school
    if fit in school.runs and part in ("level", "growth") and content.estimate and not content.estimate.is_known:
        return "few_answers_for_level"
    if part == "growth":
        return sentences.growth_reason(fit in school.runs, model_of(fit, school).is_old, school.is_growth_in_use)
    if fit not in school.runs:
        return f"no_run.{fit}"
    return "no_item_fits" if part == "practice" and content.estimate else "unknown_to_model"


def _one(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None
