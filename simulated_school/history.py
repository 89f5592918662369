"""The school's days in order: all sessions and answers, and the true state of every learner at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from simulated_school.answering import Classroom, DayAnswers
from simulated_school.population import Items, Learners, draw_items, draw_learners
from simulated_school.returning import Returns
from simulated_school.school import Flags, Floats, Ints, School, spread_seeds

PAUSE_MS = 4_000  # between two answers
DAY_MS = 86_400_000
LATEST_MS = DAY_MS - 60_000
HOUR_WEEKDAY, HOUR_WEEKEND = (16.5, 2.5), (12.5, 3.0)  # mean and sd of the hour of the day's first session


@dataclass(frozen=True)
class Sessions:
    """One entry per session; times in milliseconds since the start of day 0 (UTC)."""

    learner: Ints
    started_ms: Ints
    ended_ms: Ints


@dataclass(frozen=True)
class Answers:
    """One entry per answer, in order; `ended_ms` is the time of the answer since the start of day 0."""

    session: Ints
    position: Ints
    item: Ints
    correct: Ints  # 0 or 1
    hints: Ints
    response_ms: Ints
    ended_ms: Ints


@dataclass(frozen=True)
class History:
    """All that happened up to as_of, and the true risk with its outcome after it."""

    learners: Learners
    items: Items
    sessions: Sessions
    answers: Answers
    idle_days: Ints
    risk: Floats
    returned: Flags


def simulate_history(school: School) -> History:
    """Simulate the school day by day; each day is a few vector operations over all learners."""
    rng = spread_seeds(school, ("learners", "items", "visits", "answers", "clock", "outcome", "kinds"))
    learners, items = draw_learners(school, rng["learners"], rng["kinds"]), draw_items(school, rng["items"])
    classroom, returns = Classroom(school, learners, items), Returns(school, learners)
    sessions: list[Sessions] = []
    answers: list[Answers] = []
    n_sessions = 0
    for day in range(school.days):
        active = np.flatnonzero(returns.draw_active(day, rng["visits"]))
        if active.size == 0:
            continue
        asked = classroom.ask(active, day, rng["answers"])
        returns.record(day, asked)
        timed, given = _set_clock(school, asked, day, n_sessions, rng["clock"])
        sessions.append(timed)
        answers.append(given)
        n_sessions += timed.learner.size
    idle, risk = returns.risk()
    return History(learners, items, Sessions(*_joined(sessions)), Answers(*_joined(answers)), idle, risk,
                   returns.draw_outcome(rng["outcome"]))


def _joined(days: Sequence[Sessions] | Sequence[Answers]) -> Iterator[Ints]:
    """Concatenate the days' arrays, field by field. There is at least one day, because every learner starts."""
    for entry in fields(days[0]):
        yield np.concatenate([getattr(day, entry.name) for day in days])


def _set_clock(school: School, asked: DayAnswers, day: int, first: int,
               rng: np.random.Generator) -> tuple[Sessions, Answers]:
    """Place a day's sessions one after another so that the last ends before midnight UTC."""
    n = asked.session_learner.size
    first_answer = np.searchsorted(asked.session, np.arange(n))
    sofar = np.cumsum(asked.response_ms + PAUSE_MS)
    before = np.concatenate(([0], sofar))[first_answer]
    length = np.concatenate((before[1:], sofar[-1:])) - before
    pause = np.where(asked.session_turn > 0, rng.integers(35 * 60_000, 120 * 60_000, n), 0)
    # Within a learner's day a session begins after all earlier ones and the pauses between them.
    ends = np.cumsum(length + pause)
    opening = np.maximum.accumulate(np.where(asked.session_turn == 0, np.arange(n), 0))
    shift = ends - length - (ends - length - pause)[opening]
    closing = np.append(opening[1:] != opening[:-1], True)
    day_length = (shift + length)[closing][np.cumsum(asked.session_turn == 0) - 1]
    mean, sd = HOUR_WEEKEND if school.weekday(day) > 4 else HOUR_WEEKDAY
    hour = np.clip(rng.normal(mean, sd, n), 5.0, 22.0)[opening]
    opens = np.minimum((hour * 3_600_000).astype(np.int64), LATEST_MS - day_length)
    started = day * DAY_MS + opens + shift
    ended = started[asked.session] + sofar - before[asked.session]
    position = np.arange(asked.session.size) - first_answer[asked.session]
    return (Sessions(asked.session_learner, started, started + length),
            Answers(asked.session + first, position, asked.item, asked.correct, asked.hints,
                    asked.response_ms, ended))
