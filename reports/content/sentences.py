"""Which sentence holds: pure functions from what is known of a learner to the name of a sentence in the words.

A sentence never says more than its rule, so all rules are here. Pages carry no odds against a learner: what they say
about keeping at it follows from the days on which the learner answered. Names are the last part of a key of the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WEEK_DAYS = 7
MISSED_DAYS = 14  # from so many days without an answer on, a learner is missed
HIGH_RISK = 0.7  # a learner whose probability of a break is at least this is listed for the teacher
Z_90 = 1.645  # half-width of a 90% interval in standard errors


@dataclass(frozen=True)
class Situation:
    """What decides between sentences; days are counted back from the week's Sunday, which is 0.

    `idle_days`: days since the last answer; None without one in the weeks of the report. `point_age_days`: days since
    the end of the newest two weeks whose level is shown; None without any. `change` of the level: `up`, `down`, `same`,
    or empty where none is stated.
    """

    idle_days: int | None
    answered_before: bool  # in the week before
    is_finished: bool  # nothing of the course is left to solve
    is_level_known: bool
    change: str
    is_improvement_known: bool  # the number of the week
    point_age_days: int | None
    has_practice: bool  # the page lists questions to practise
    closed_until: date | None = None  # the last day on which the school is closed; None if it is open on the Sunday

    @property
    def is_active(self) -> bool:
        """Whether the learner answered in the week."""
        return self.idle_days is not None and self.idle_days < WEEK_DAYS

    @property
    def is_missed(self) -> bool:
        """Whether the learner has been away for long, with something left to do; nobody is in a closure."""
        away = self.idle_days is None or self.idle_days >= MISSED_DAYS
        return away and not self.is_finished and self.closed_until is None


def activity(now: Situation) -> str:
    """Return what the summary says of the week besides its answers, which are counted; empty where that is all.

    That the learner has finished is the praise above.
    """
    if now.is_finished or now.is_active:
        return ""
    if now.closed_until is not None:
        return "closed"
    if now.idle_days is None:
        return "quiet"
    return "missed" if now.is_missed else "rested"


def level(now: Situation) -> str:
    """Return what the summary says about the level; empty where it is not known.

    A change is promised only to those who practise, have a first point to compare with, and read of none on the page.
    """
    if not now.is_level_known:
        return ""
    if now.change:
        return f"level_{now.change}"
    is_first = now.is_active and now.point_age_days == 0 and not now.is_finished and not now.is_improvement_known
    return "level_new" if is_first else "level_known"


def advises_practice(now: Situation) -> bool:
    """Return whether the summary points to the questions listed below."""
    return now.is_level_known and now.change == "down" and now.has_practice and not now.is_finished


def two_weeks(now: Situation) -> str:
    """Return what is said of the newest two weeks with a level: whether answers came since; empty without any."""
    if not now.is_level_known or now.point_age_days is None:
        return ""
    if now.point_age_days == 0:
        return "now"
    return "old" if now.idle_days is None or now.idle_days >= now.point_age_days else "overtaken"


def pace(now: Situation, slope: float, slope_sd: float) -> str:
    """Return what is said of growth by week; empty for those who do not practise any more, whose level stands still.

    `slope` is the growth in theta a week, with its standard deviation. The level grows or falls if 0 is outside of the
    90% interval.
    """
    if now.is_missed or now.is_finished:
        return ""
    if abs(slope) < Z_90 * slope_sd:
        return "pace_same"
    return "pace_up" if slope > 0 else "pace_down"


def keeping_at_it(now: Situation) -> str:
    """Return the encouragement to go on."""
    if now.is_finished:
        return "finished"
    if now.is_active:
        return "steady" if now.answered_before else "practised"
    return "missed" if now.is_missed else "rested"


def absence(answered: bool, s: float | None, source: str | None) -> str:
    """Return what a teacher reads of S: `away`, `risk`, `risk_heuristic` or nothing.

    `answered` in the week: then nothing is said of an absence, whatever an older run or the rule of thumb makes of it.
    """
    if source == "churned":
        return "" if answered else "away"
    if source == "finished" or s is None or s < HIGH_RISK:
        return ""
    if source == "heuristic":
        return "" if answered else "risk_heuristic"
    return "risk"


def improvement(i_t: float, se: float | None) -> str:
    """Return `unclear` where 0 is inside the 90% interval of I_t, so that no change is stated; else nothing."""
    return "unclear" if se is not None and abs(i_t) < Z_90 * se else ""


def goal(is_ahead: bool, has_date: bool, target: float, reached: tuple[float, float] | None) -> str:
    """Return what is said of a goal: `ahead`, `open` without a date; `reached`, `missed` or `over` once it has passed.

    `reached` is the level with its standard error in the week of the goal's date, None where it is not known. A passed
    goal was reached or missed if the level's 90% interval lies on one side of it.
    """
    if is_ahead:
        return "ahead" if has_date else "open"
    if reached is None:
        return "over_unknown"
    theta, se = reached
    if abs(theta - target) < Z_90 * se:
        return "over"
    return "reached" if theta > target else "missed"


def growth_reason(has_run: bool, is_old: bool, is_in_use: bool) -> str:
    """Return the code of why no growth is shown for a learner: what the week's P does not come from is not shown."""
    if not has_run:
        return "no_run.growth"
    if is_old:
        return "fit_too_old"
    return "unknown_to_model" if is_in_use else "growth_off"


def is_comparable(method: str | None, method_before: str | None, aim: object = None, aim_before: object = None) -> bool:
    """Return whether a number may stand beside last week's: both come from one method and have one aim."""
    return method == method_before and aim == aim_before
