"""What a report is made from: one learner's rows, and what all reports of a week share. Nothing is computed here.

Levels (theta) are in standard deviations of the learners of the founding irt run; times are UTC days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Week:
    """An ISO week, named by its Monday."""

    start: date

    @classmethod
    def of(cls, day: date) -> Week:
        """Return the week that holds `day`."""
        return cls(day - timedelta(days=day.weekday()))

    @property
    def sunday(self) -> date:
        """The week's last day; the report knows nothing later."""
        return self.start + timedelta(days=6)

    def days(self) -> list[date]:
        """Return the seven days, Monday first."""
        return [self.start + timedelta(days=n) for n in range(7)]


@dataclass(frozen=True)
class KpiWeek:
    """The KPIs of one week, as `weekly_kpi_flat` has them, and the goal that P is about.

    S is not among them: a learner's page holds no odds of leaving, because its record does not.
    """

    user_id: str
    week_start: date
    i_t: float | None = None
    e_t: float | None = None
    r_t: float | None = None
    a_t: float | None = None
    p: float | None = None
    p_method: str | None = None
    s_source: str | None = None
    i_t_method: str | None = None
    n_attempts: int | None = None
    null_reasons: Mapping[str, str] = field(default_factory=dict)
    target: float | None = None  # of the goals ahead; None without one
    target_date: date | None = None  # the nearest; None if none has a date
    i_t_se: float | None = None


@dataclass(frozen=True)
class AbilityWeek:
    """Ability over a week and the one before, where it may be shown: posterior mean and SD, and the answers behind it.

    `theta_freed` and `se_freed` leave the prior out: weeks are compared by these.
    """

    user_id: str
    week_start: date
    theta: float
    se: float
    n: int
    theta_freed: float
    se_freed: float


@dataclass(frozen=True)
class Level:
    """Ability over the irt run's whole look-back: posterior mean and SD, and whether it may be shown."""

    user_id: str
    theta: float
    se: float
    is_known: bool = True


@dataclass(frozen=True)
class Growth:
    """What the growth run behind P expects on the goal's day: the level with its 90% interval, and P of the target."""

    user_id: str
    run_as_of: date
    probability: float | None
    sigma: float
    mean: float
    lower: float
    upper: float
    target: float | None
    goal_date: date
    slope_mean: float | None
    slope_sd: float | None


@dataclass(frozen=True)
class TopicWork:
    """Four weeks of work in a topic (every answer); from first answers the posteriors of the ability in it and of its
    deviation from the learner's. `is_known`: whether the ability may be shown."""

    user_id: str
    topic_id: str
    attempts: int
    correct: int
    theta: float | None = None
    se: float | None = None
    deviation: float | None = None
    deviation_se: float | None = None
    is_known: bool = False


@dataclass(frozen=True)
class Day:
    """An active day."""

    user_id: str
    active_on: date
    attempts: int
    correct: int
    session_seconds: int | None


@dataclass(frozen=True)
class Goal:
    """A level that the learner wants to reach in a topic."""

    user_id: str
    topic_id: str
    target_level: float
    target_date: date | None
    priority: int | None
    is_ahead: bool = True  # whether it can still be reached after the week


@dataclass(frozen=True)
class Solved:
    """The items answered right lately."""

    user_id: str
    items: Sequence[str]


@dataclass(frozen=True)
class Segment:
    """The learner's segment: how many there are, how well the learner fits it (0 to 1), and where its centre lies.

    `scaled` gives each feature's distance from the median of all learners, in robust standard deviations.
    `is_assigned_only`: the learner was assigned after the segments were found, because a feature is not known.
    """

    user_id: str
    run_as_of: date
    n_segments: int
    strength: float
    scaled: Mapping[str, float]
    is_assigned_only: bool = False


@dataclass(frozen=True)
class LearnerRecord:
    """Everything that one learner's report is made from. Raises ValueError if a row is another learner's."""

    user_id: str
    week: Week
    kpis: tuple[KpiWeek, ...] = ()
    abilities: tuple[AbilityWeek, ...] = ()
    levels: tuple[Level, ...] = ()
    growth: tuple[Growth, ...] = ()
    topics: tuple[TopicWork, ...] = ()
    days: tuple[Day, ...] = ()
    goals: tuple[Goal, ...] = ()
    solved: tuple[Solved, ...] = ()
    segments: tuple[Segment, ...] = ()

    @property
    def owner(self) -> tuple[str, str]:
        """The kind of report, and whose it is."""
        return "reports", self.user_id

    def __post_init__(self) -> None:
        """Refuse rows of other learners, whoever read them."""
        for part in fields(self)[2:]:  # all but the learner and the week
            if any(row.user_id != self.user_id for row in getattr(self, part.name)):
                raise ValueError(f"A row of {part.name} is not the learner's.")


@dataclass(frozen=True)
class Bank:
    """Items that may be asked: arrays of equal length, P(right) = c + (1 - c) logistic(a (theta - b))."""

    item_id: Sequence[str]
    topic_id: Sequence[str | None]
    content: Sequence[str | None]
    a: Floats
    b: Floats
    c: Floats


@dataclass(frozen=True)
class ReviewItem:
    """An item to look at: the kinds of reasons, comma-separated, and how far it drifted."""

    item_id: str
    content: str | None
    topic_id: str | None
    kinds: str
    is_drifting: bool
    effect_size: float | None
    n_responses: int | None


@dataclass(frozen=True)
class School:
    """What all reports of a week share: the runs known by fit, the bank, the spread of topics."""

    week: Week
    runs: Mapping[str, date]
    bank: Bank
    topic_spread: float | None  # variance of a learner's topics about the learner's level
    review: Sequence[ReviewItem] = ()
    is_bank_current: bool = True  # whether the week's bank is still the newest one
    is_growth_in_use: bool = True  # whether P of any learner of the week comes from a growth run
    release_id: int = 0  # the release that all of this was read from
    closed_until: date | None = None  # the last day of the closure in which the week ends
