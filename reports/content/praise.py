"""The first sentence of a report and its one number: what can truly be praised about a week.

Which sentence it is follows from facts alone, in a fixed order: the first whose condition holds. Conditions and words
are such that a sentence never claims more than the facts say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reports.content.sentences import MISSED_DAYS
from reports.content.weeks import PastWeek
from reports.sources.records import LearnerRecord

OFTEN_DAYS = 4  # days of practice in a week that are many
ACCURATE, LEAST_ANSWERS = 0.8, 5  # share of right answers that is high, and the answers that it must rest on
MOST_RIGHT = 0.5  # share of right answers from which to name it is praise; below, the work itself is praised


@dataclass(frozen=True)
class WeekFacts:
    """What praise rests on: the week's work, that of the week before, that of all weeks shown."""

    answers: int
    right: int
    active_days: int
    answers_before: int  # in the week before
    active_days_before: int
    weeks_away: int  # whole weeks between the week's first answer and the last one before it; 0 where either is missing
    has_risen: bool  # the level has very likely risen, at 90%
    is_finished: bool  # all that the course holds is solved
    active_weeks: int  # of the weeks shown
    answers_shown: int  # in all weeks shown


@dataclass(frozen=True)
class Headline:
    """The key of a sentence or of a number's label, and the numbers in it."""

    key: str
    values: dict[str, int]


def week_facts(record: LearnerRecord, weeks: Sequence[PastWeek], has_risen: bool,
               is_finished: bool) -> WeekFacts:
    """Return the facts of the last of `weeks`."""
    this, before = weeks[-1], weeks[-2]
    right = sum(day.correct for day in record.days if day.active_on >= this.week_start)
    return WeekFacts(this.answers, right, this.active_days, before.answers, before.active_days,
                     _weeks_away(record, this.week_start), has_risen, is_finished,
                     sum(week.answers > 0 for week in weeks), sum(week.answers for week in weeks))


def _weeks_away(record: LearnerRecord, monday: date) -> int:
    active = [day.active_on for day in record.days if day.attempts]
    first = min((day for day in active if day >= monday), default=None)
    last = max((day for day in active if day < monday), default=None)
    away = first - last - timedelta(days=1) if first and last else timedelta(0)
    return away.days // 7 if away.days >= MISSED_DAYS else 0


def praise(facts: WeekFacts) -> Headline:
    """Return the one sentence to begin with."""
    of_week = {"answers": facts.answers, "right": facts.right}
    ordered: tuple[tuple[str, bool, dict[str, int]], ...] = (
        ("finished", facts.is_finished, {}),
        ("risen", facts.answers > 0 and facts.has_risen, {}),
        ("back", facts.answers > 0 and facts.weeks_away > 0, {"weeks": facts.weeks_away}),
        ("often", facts.active_days >= OFTEN_DAYS, {"days": facts.active_days}),
        ("accurate", facts.answers >= LEAST_ANSWERS and facts.right >= ACCURATE * facts.answers, of_week),
        ("more", facts.answers > facts.answers_before > 0,
         {"answers": facts.answers, "before": facts.answers_before}),
        ("one_right", facts.answers == facts.right == 1, {}),
        ("right", facts.answers > 0 and facts.right >= MOST_RIGHT * facts.answers, of_week),
        ("one_tried", facts.answers == 1, {}),
        ("tried", facts.answers > 1, of_week),
        ("week_before", facts.active_days_before > 0, {"days": facts.active_days_before}),
        ("weeks", facts.active_weeks > 0, {"weeks": facts.active_weeks}))
    return next((Headline(key, values) for key, holds, values in ordered if holds), Headline("start", {}))


def number(facts: WeekFacts) -> Headline | None:
    """Return the one number to show large: answers of the week, else of all weeks shown; None without any."""
    if facts.answers:
        return Headline("week", {"answers": facts.answers})
    return Headline("weeks", {"answers": facts.answers_shown}) if facts.answers_shown else None
