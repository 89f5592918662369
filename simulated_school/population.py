"""Learners with ability and growth, and items with their response curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulated_school.school import LEARNER_TYPES, Floats, Ints, School

# Ability at the start ~ N(0, 1), growth per calendar week ~ N(0.02, 0.015^2), correlation 0.3.
SLOPE_MEAN, SLOPE_SD, SLOPE_CORRELATION = 0.02, 0.015, 0.3
TERMS = (0.0, 0.27, 0.55)  # where in the school's time the terms begin
TRICKLE = 0.3  # share of learners who start at any time
TOPIC_NAMES = ("algebra", "geometry", "дроби", "확률", "functions", "trigonometry", "графики", "통계")
PLAIN_IDS = ("learner-{:06d}", "ученик-{:06d}", "학생-{:06d}", "{:06d}")
PLAIN_SHARE = 0.08


@dataclass(frozen=True)
class Learners:
    """One entry per learner: id, ability at the start, growth per week, first day, pace, diligence and type."""

    user_id: list[str]
    theta0: Floats
    slope: Floats
    start: Ints  # day number
    slowness: Floats  # added to the log of response times
    diligence: Floats  # multiplies the answers of a day
    kind: Ints  # from 1, or 0 in a school of one kind
    returning: Floats  # added to the log of the rate of returning
    hinting: Floats  # added to the log of the rate of hints


@dataclass(frozen=True)
class Items:
    """One entry per item, sorted by topic: 3PL parameters and how often it is asked."""

    item_id: Ints
    topic: Ints
    topic_id: list[str]  # by topic number
    a: Floats
    b: Floats
    c: Floats
    reach: Floats  # cumulative share of exposure; item i is asked when a uniform falls into (reach[i-1], reach[i]]


def draw_learners(school: School, rng: np.random.Generator, kinds: np.random.Generator) -> Learners:
    """Draw `school.learners` learners; starts come in terms (delays of about a week) and a trickle.

    Types are drawn from `kinds`, a stream of their own, so that they change no other draw.
    """
    n = school.learners
    z, w = rng.standard_normal(n), rng.standard_normal(n)
    growth = SLOPE_CORRELATION * z + np.sqrt(1 - SLOPE_CORRELATION**2) * w
    term = np.array(TERMS)[rng.choice(len(TERMS), n, p=(0.5, 0.25, 0.25))] * school.days
    in_term = (term + rng.exponential(6.0, n)).astype(np.int64)
    any_day = rng.integers(0, school.days, n)
    start = np.minimum(np.where(rng.random(n) < TRICKLE, any_day, in_term), school.days - 1)
    ids, slowness, diligence = _user_ids(n, rng), rng.normal(0, 0.25, n), rng.gamma(8.0, 1 / 8.0, n)
    kind, effects = _draw_kinds(school, kinds)
    returning, answers, pace, hinting = effects[kind].T
    return Learners(ids, z, SLOPE_MEAN + SLOPE_SD * growth, start, slowness + pace, diligence * answers, kind,
                    returning, hinting)


def _draw_kinds(school: School, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw each learner's type; return it with the effects by type; row 0 has no effect."""
    types = LEARNER_TYPES[:school.learner_types]
    effects = np.array([(0.0, 1.0, 0.0, 0.0), *((t.returning, t.answers, t.pace, t.hints) for t in types)])
    if not types:
        return np.zeros(school.learners, dtype=np.int64), effects
    shares = np.array([t.share for t in types])
    return 1 + rng.choice(len(types), school.learners, p=shares / shares.sum()), effects


def _user_ids(n: int, rng: np.random.Generator) -> list[str]:
    """Return mostly uuids, and some text ids in three scripts."""
    raw = rng.bytes(16 * n).hex()
    plain = rng.random(n) < PLAIN_SHARE
    return [PLAIN_IDS[k % len(PLAIN_IDS)].format(k) if plain[k] else _uuid4(raw[32 * k:32 * k + 32])
            for k in range(n)]


def _uuid4(hexa: str) -> str:
    return f"{hexa[:8]}-{hexa[8:12]}-4{hexa[13:16]}-a{hexa[17:20]}-{hexa[20:]}"


def draw_items(school: School, rng: np.random.Generator) -> Items:
    """Draw the bank: a ~ lognormal(0, 0.3), b ~ N(0, 1), some c > 0, exposure ~ lognormal(0, 0.7)."""
    n = school.items
    topic = np.sort(np.arange(n) % school.topics)
    names = [TOPIC_NAMES[k] if k < len(TOPIC_NAMES) else f"topic-{k + 1:02d}" for k in range(school.topics)]
    c = np.where(rng.random(n) < school.guessing_share, rng.uniform(0.05, 0.25, n), 0.0)
    exposure = np.cumsum(rng.lognormal(0.0, 0.7, n))
    return Items(np.arange(1001, 1001 + n), topic, names, rng.lognormal(0.0, 0.3, n), rng.standard_normal(n),
                 c, exposure / exposure[-1])
