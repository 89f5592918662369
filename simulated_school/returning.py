"""Who is active on a day: the trailing windows, the covariates and the hazard of returning."""

from __future__ import annotations

from math import prod

import numpy as np

from simulated_school.answering import DayAnswers
from simulated_school.population import Learners
from simulated_school.school import (
    BETA,
    HORIZON_DAYS,
    TRAILING_DAYS,
    WEEKDAY_HAZARD,
    Flags,
    Floats,
    Ints,
    School,
    baseline_rates,
)

NEVER = -1


class Returns:
    """The state that decides who comes back: last active day and linear predictor of every learner."""

    def __init__(self, school: School, learners: Learners) -> None:
        """Start before day 0: nobody has been active."""
        n = school.learners
        self.school, self.own = school, learners.returning
        self.school_day = school.school_days(HORIZON_DAYS)
        self.is_open = np.diff(self.school_day, prepend=0) > 0
        # the first open day from the start on; the last day stands for never
        self.start = np.searchsorted(self.school_day, self.school_day[learners.start] + ~self.is_open[learners.start])
        self.rates = baseline_rates(school.days + HORIZON_DAYS)
        self.last_active = np.full(n, NEVER, dtype=np.int64)
        self.first_active = np.full(n, NEVER, dtype=np.int64)
        self.predictor = np.zeros(n)
        self.total = np.zeros(n, dtype=np.int64)
        # Rings of the last 28 days: answers, right answers, active (0 or 1); and their sums.
        self.rings = np.zeros((3, TRAILING_DAYS, n), dtype=np.int32)
        self.sums = np.zeros((3, n), dtype=np.int64)

    def day_rate(self, day: int) -> Floats:
        """Cumulative hazard of returning that `day` adds for each learner; 0 for those who have not started."""
        seen = self.last_active != NEVER
        weekday = WEEKDAY_HAZARD[int(self.school.weekday(day))] * prod(self.school.disturbed("active_learners", day))
        rate = self.rates[np.where(seen, self.school_day[day] - self.school_day[self.last_active], 0)]
        return np.where(seen & self.is_open[day], rate * weekday * np.exp(self.predictor), 0.0)

    def draw_active(self, day: int, rng: np.random.Generator) -> Flags:
        """Draw who is active on `day`: who starts, and who returns."""
        returns = rng.random(self.school.learners) < -np.expm1(-self.day_rate(day))
        active: Flags = returns | (self.start == day)
        return active

    def record(self, day: int, answers: DayAnswers) -> None:
        """Add the answers of `day`, and compute the linear predictor of the active learners again."""
        n, slot = self.school.learners, int(self.school_day[day]) % TRAILING_DAYS
        answered = np.bincount(answers.learner, minlength=n)
        right = np.bincount(answers.learner, weights=answers.correct, minlength=n)
        today = np.stack([answered, right.astype(np.int64), answered > 0]).astype(np.int32)
        self.sums += today - self.rings[:, slot]
        self.rings[:, slot] = today
        self.total += answered
        active = np.flatnonzero(answered)
        self.last_active[active] = day
        self.first_active[active] = np.where(self.first_active[active] == NEVER, day, self.first_active[active])
        effects = sum(BETA[term] * values for term, values in self._covariates(active, day).items())
        self.predictor[active] = effects + self.own[active]

    def _covariates(self, active: Ints, day: int) -> dict[str, Floats]:
        """Covariates with an effect, as defined in `school`, at the end of active day `day`."""
        answered, right, active_days = self.sums[:, active]
        tenure = day - self.first_active[active]
        return {"log_active_days": np.log(active_days), "accuracy": right / answered,
                "log_tenure": np.log1p(tenure), "is_first_day": (tenure == 0).astype(np.float64)}

    def risk(self) -> tuple[Ints, Floats]:
        """Days idle at as_of and the true S: the probability of no answer in the 14 days after as_of."""
        as_of = self.school.days - 1
        cumulative = sum(self.day_rate(as_of + ahead) for ahead in range(1, HORIZON_DAYS + 1))
        return as_of - self.last_active, np.exp(-np.asarray(cumulative))

    def draw_outcome(self, rng: np.random.Generator) -> Flags:
        """Continue past as_of: did the learner come back within the horizon? Nothing else is recorded."""
        as_of = self.school.days - 1
        back = np.zeros(self.school.learners, dtype=bool)
        for ahead in range(1, HORIZON_DAYS + 1):
            back |= rng.random(self.school.learners) < -np.expm1(-self.day_rate(as_of + ahead))
        return back
