"""Parameters of a simulated school: its size, its calendar, and the true law by which learners come back.

The law of returning. A learner's covariates x are taken at the end of an active day, from that day and the 27
days before it (trailing) or all days before it, as the warehouse's `survival_input` takes them:

- `log_answers`, `log_active_days`  natural log of answers and of active days in the 28 days ending today
- `accuracy`                        share of right answers among the answers of those 28 days
- `log_tenure`                      ln(1 + days since the learner's first active day)
- `log_total_answers`               natural log of all answers so far
- `is_first_day`                    1 on the learner's first active day

Every answer counts, tries at the same item included. u days later, if the learner has not been back, the chance
to return on that day is 1 - exp(-rate(u) * weekday(date) * exp(beta'x)): proportional hazards grouped into whole
days, so that exp(beta) are the hazard ratios of a Cox model (Kalbfleisch and Prentice, The Statistical Analysis
of Failure Time Data, 2nd ed., section 2.4). rate(u) falls with u, and its sum is finite: some never come back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_models.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

VERSION = 1  # part of the parameters: raise it when the same seed no longer gives the same school
TRAILING_DAYS = 28
HORIZON_DAYS = 14

BETA = {"log_answers": 0.0, "log_active_days": 0.35, "log_mean_gap": 0.0, "accuracy": 0.8, "log_tenure": -0.12,
        "log_total_answers": 0.0, "is_first_day": -0.4, "log_items_left": 0.0, "is_all_solved": 0.0,
        "log_newly_solved": 0.0, "a_t": 0.0, "e_t": 0.0, "r_t": 0.0}
WEEKDAY_HAZARD = (1.15, 1.15, 1.10, 1.05, 0.90, 0.75, 0.90)  # Monday first; multiplies the rate
WEEKDAY_ANSWERS = (1.1, 1.1, 1.1, 1.0, 0.9, 0.8, 0.9)  # multiplies the answers of a session


DISTURBED = ("answers", "active_learners", "accuracy")


@dataclass(frozen=True)
class Disturbance:
    """Weeks that differ from the others: `weeks` ISO weeks from `week` on, counted from the week of day 0.

    `size` multiplies the answers of a session or the rate of returning, or is added to the distance between ability
    and difficulty (accuracy, on the logit scale). One week makes a spike; all weeks from one on make a
    level shift.
    """

    what: str
    week: int
    weeks: int
    size: float

    def __post_init__(self) -> None:
        """Refuse a disturbance without effect."""
        sized = self.what == "accuracy" or self.size > 0
        if self.what not in DISTURBED or self.week < 0 or self.weeks < 1 or not sized:
            raise UsageError(f"{self} disturbs nothing.", f"name one of {', '.join(DISTURBED)}, a week from 0 on, at "
                             "least one week, and a size above 0 (of accuracy, any).")


@dataclass(frozen=True)
class Closure:
    """Days on which the school is closed and nobody answers: `days` from day number `day` on, also after as_of.

    The law of returning then counts school days: u, and the trailing 28 days. Who would start in a closure starts
    on the day after it.
    """

    day: int
    days: int
    name: str = "holiday"

    def __post_init__(self) -> None:
        """Refuse a closure of no day."""
        if self.day < 0 or self.days < 1:
            raise UsageError(f"{self} closes nothing.", "give a day number from 0 on and at least one day.")


@dataclass(frozen=True)
class LearnerType:
    """A way of learning: what it adds to logs (rate of returning, response time, rate of hints) and multiplies."""

    share: float  # relative to the other types of the school
    returning: float
    answers: float  # multiplies the answers of a session
    pace: float
    hints: float


# A school with `learner_types` n has the first n: often and briefly; seldom and long; with hints; hastily.
# They come back often enough to be distinguished: one or two visits do not show how somebody learns.
LEARNER_TYPES = (LearnerType(0.4, 2.2, 0.35, -0.9, -1.5), LearnerType(0.35, 1.0, 3.0, 0.5, 0.0),
                 LearnerType(0.25, 1.6, 1.0, 1.5, 2.0), LearnerType(0.2, 0.2, 0.7, -1.4, 0.3))


@dataclass(frozen=True)
class School:
    """Parameters of a simulated school; the same parameters give the same school.

    `weeks` * 7 days end on `as_of` (inclusive). `answers_per_day` is the mean number of answers on an active day
    before repeats within a session are dropped. `guessing_share` of the items have a lower asymptote c between
    0.05 and 0.25, the others c = 0. `learner_types` is the number of ways of learning (LEARNER_TYPES) in the school;
    0: all learners are of one kind, as described above.
    """

    learners: int = 2000
    weeks: int = 30
    seed: int = 1
    as_of: date = date(2026, 6, 28)
    items: int = 200
    topics: int = 8
    answers_per_day: float = 12.0
    guessing_share: float = 0.25
    learner_types: int = 0
    disturbances: tuple[Disturbance, ...] = ()
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        """Refuse impossible sizes."""
        bounds = {"learners": (1, 1_000_000), "weeks": (1, 520), "items": (1, 100_000), "topics": (1, self.items),
                  "answers_per_day": (1, 60), "guessing_share": (0, 1), "learner_types": (0, len(LEARNER_TYPES))}
        bad = [f"{name} is {getattr(self, name)}, allowed is {low} to {high}"
               for name, (low, high) in bounds.items() if not low <= getattr(self, name) <= high]
        if bad:
            raise UsageError(f"No school of this size: {'; '.join(bad)}.", "choose values within the bounds.")

    @property
    def days(self) -> int:
        """Days of the school, the last of them `as_of`."""
        return self.weeks * 7

    @property
    def first_day(self) -> date:
        """Day 0 of the school."""
        return self.as_of - timedelta(days=self.days - 1)

    def parameters(self) -> dict[str, Any]:
        """Everything the school depends on, as JSON; a plain school has the parameters of older versions."""
        facts = {**asdict(self), "as_of": self.as_of.isoformat(), "version": VERSION}
        later = ("learner_types", "disturbances", "closures")
        facts |= {name: list(facts[name]) for name in later[1:]}
        return {name: value for name, value in facts.items() if name not in later or value}

    def school_days(self, ahead: int) -> Ints:
        """Of each day up to `ahead` after as_of, how many days the school was open until its end."""
        is_open = np.ones(self.days + ahead + 1, dtype=np.int64)
        for one in self.closures:
            is_open[one.day:one.day + one.days] = 0
        return np.cumsum(is_open)

    def disturbed(self, what: str, day: int) -> list[float]:
        """Sizes of the disturbances of `what` on day number `day`."""
        week = self.calendar_week(day)
        return [one.size for one in self.disturbances
                if one.what == what and one.week <= week < one.week + one.weeks]

    def weekday(self, days: Ints | int) -> Any:
        """Weekday (Monday 0) of day numbers."""
        return (self.first_day.weekday() + days) % 7

    def calendar_week(self, days: Ints | int) -> Any:
        """Number of the ISO week of day numbers, counted from the week of day 0."""
        return (self.first_day.weekday() + days) // 7


def baseline_rates(longest: int) -> Floats:
    """Cumulative hazard that each day u = 1..longest adds at x = 0 on an average weekday; entry 0 is 0."""
    days = np.arange(1, longest + 1, dtype=np.float64)
    return np.concatenate(([0.0], 1.4 / (days + 6.0) * np.exp(-days / 28.0)))


def spread_seeds(school: School, names: tuple[str, ...]) -> dict[str, np.random.Generator]:
    """Return a random stream for every part of the simulation, so that one may change without affecting the others."""
    children = np.random.SeedSequence(school.seed).spawn(len(names))
    return {name: np.random.default_rng(child) for name, child in zip(names, children, strict=True)}
