"""One day of answers: which items the active learners get, and how they answer."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from simulated_school.population import Items, Learners
from simulated_school.school import WEEKDAY_ANSWERS, Floats, Ints, School

SESSIONS_WEEKDAY, SESSIONS_WEEKEND = (0.68, 0.24, 0.08), (0.80, 0.16, 0.04)  # chance of 1, 2, 3 sessions a day
MEAN_SESSIONS = 1.4
LONGEST_SESSION = 40  # answers
OTHER_TOPIC_SHARE = 0.2  # answers outside the session's topic
# Wrong items remembered; chance to try the one drawn (if any) again; what looking it up adds to theta.
REMEMBERED, RETRY_CHANCE, RETRY_GAIN = 8, 0.24, 0.7
HINT_GAIN, MOST_HINTS = 0.5, 3  # what a hint adds on the theta scale
RAPID_SHARE, RAPID_CORRECT = 0.02, 0.25  # guesses below 300 ms
LONGEST_MS = 300_000


@dataclass(frozen=True)
class DayAnswers:
    """Answers of one day in the order given. `session` numbers the sessions of the day from 0."""

    session_learner: Ints  # per session
    session_turn: Ints  # per session: 0, 1, 2 within the learner's day
    session: Ints
    learner: Ints
    item: Ints
    correct: Ints  # 0 or 1
    hints: Ints
    response_ms: Ints


class Classroom:
    """Asks questions day by day; remembers the items each learner last got wrong."""

    def __init__(self, school: School, learners: Learners, items: Items) -> None:
        """Start with nothing asked."""
        self.school, self.learners, self.items = school, learners, items
        self.wrong = np.full((school.learners, REMEMBERED), -1, dtype=np.int32)
        self.next_slot = np.zeros(school.learners, dtype=np.int64)
        last = np.searchsorted(items.topic, np.arange(school.topics), side="right")
        self.topic_end = items.reach[last - 1]
        self.topic_start = np.concatenate(([0.0], self.topic_end[:-1]))

    def ask(self, active: Ints, day: int, rng: np.random.Generator) -> DayAnswers:
        """Return the answers of the learners `active` (sorted numbers) on `day`: at least one for each."""
        weekday = int(self.school.weekday(day))
        turns = 1 + rng.choice(3, active.size, p=SESSIONS_WEEKEND if weekday > 4 else SESSIONS_WEEKDAY)
        owner = np.repeat(active, turns)
        turn = np.arange(owner.size) - np.repeat(np.cumsum(turns) - turns, turns)
        mean = self.school.answers_per_day / MEAN_SESSIONS * WEEKDAY_ANSWERS[weekday]
        mean *= prod(self.school.disturbed("answers", day))
        size = 1 + np.minimum(rng.poisson(np.maximum(mean * self.learners.diligence[owner] - 1, 0.0)),
                              LONGEST_SESSION - 1)
        session = np.repeat(np.arange(owner.size), size)
        item, retry = self._choose(owner, session, rng)
        # An exam asks an item once: later draws of the same item in a session are dropped.
        kept = np.sort(np.unique(session * np.int64(self.school.items) + item, return_index=True)[1])
        return self._answer(owner, turn, session[kept], item[kept], retry[kept], day, rng)

    def _choose(self, owner: Ints, session: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Draw an item per answer, by exposure; `retry` marks items the learner had wrong before."""
        topic = np.searchsorted(self.topic_end, rng.random(owner.size))[session]
        topic = np.minimum(topic, self.school.topics - 1)
        low, high = self.topic_start[topic], self.topic_end[topic]
        anywhere = rng.random(session.size) < OTHER_TOPIC_SHARE
        low, high = np.where(anywhere, 0.0, low), np.where(anywhere, 1.0, high)
        drawn = np.searchsorted(self.items.reach, low + (high - low) * rng.random(session.size))
        drawn = np.minimum(drawn, self.school.items - 1)
        known_wrong = self.wrong[owner[session], rng.integers(0, REMEMBERED, session.size)]
        retry = (known_wrong >= 0) & (rng.random(session.size) < RETRY_CHANCE)
        return np.where(retry, known_wrong, drawn).astype(np.int64), retry.astype(np.int64)

    def _answer(self, owner: Ints, turn: Ints, session: Ints, item: Ints, retry: Ints, day: int,
                rng: np.random.Generator) -> DayAnswers:
        """Answer by the 3PL; learners ask for hints before the answer, more of them for hard items."""
        learner, items = owner[session], self.items
        distance = self._ability(learner, day) - items.b[item] + sum(self.school.disturbed("accuracy", day))
        hints = np.minimum(rng.poisson(np.exp(-2.6 - 0.6 * distance + self.learners.hinting[learner])), MOST_HINTS)
        logit = items.a[item] * (distance + HINT_GAIN * hints + RETRY_GAIN * retry)
        chance = items.c[item] + (1 - items.c[item]) / (1 + np.exp(-logit))
        rapid = rng.random(session.size) < RAPID_SHARE
        correct = (rng.random(session.size) < np.where(rapid, RAPID_CORRECT, chance)).astype(np.int64)
        hints = np.where(rapid, 0, hints)
        pace = 10.0 + self.learners.slowness[learner] - 0.2 * distance - 0.15 * correct + 0.2 * hints
        slow = np.minimum(np.exp(pace + rng.normal(0, 0.45, session.size)), LONGEST_MS)
        response = np.where(rapid, rng.uniform(100, 290, session.size), np.maximum(slow, 400.0))
        self._remember(learner, item, correct)
        return DayAnswers(owner, turn, session, learner, item, correct, hints, response.astype(np.int64))

    def _ability(self, learner: Ints, day: int) -> Floats:
        """Ability in the ISO week of `day`: theta0 + slope * calendar weeks since the learner's first week."""
        weeks = self.school.calendar_week(day) - self.school.calendar_week(self.learners.start[learner])
        theta: Floats = self.learners.theta0[learner] + self.learners.slope[learner] * weeks
        return theta

    def _remember(self, learner: Ints, item: Ints, correct: Ints) -> None:
        """Keep wrong items in the learners' next slots and forget those that are now right."""
        right = correct == 1
        held = self.wrong[learner[right]]
        self.wrong[learner[right]] = np.where(held == item[right, None], -1, held)
        who, what = learner[~right], item[~right]
        slot = np.arange(who.size) - np.searchsorted(who, who)  # rank within the learner: `who` is sorted
        self.wrong[who, (self.next_slot[who] + slot) % REMEMBERED] = what
        np.add.at(self.next_slot, who, 1)
