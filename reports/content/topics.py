"""Strong and weak topics, and what to practise next: what is known about a learner's level in a topic.

A topic rests on few answers, so the irt fit draws its level towards the learner's; how far depends on how much topics
differ among all learners (r-services/irt/irt_topics.R). Where topics do not differ, none is called weak by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from reports.sources.records import Bank, Floats, Level, TopicWork

SURE = 0.9  # probability from which a topic is called strong or weak
EASIEST, HARDEST = 0.75, 0.60  # chances of success between which practice teaches most and discourages least
N_ITEMS, PER_TOPIC = 5, 2
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


@dataclass(frozen=True)
class Belief:
    """A topic's level as a normal distribution: mean and sd; `deviation`: how far it is expected from the learner's.

    `is_known`: whether the level may be shown. `verdict`: `strong`, `weak` or empty.
    """

    topic_id: str
    mean: float
    sd: float
    deviation: float
    is_known: bool
    verdict: str
    work: TopicWork


@dataclass(frozen=True)
class Practice:
    """An item to practise and the chance of a right answer, uncertainty about the level included."""

    item_id: str
    topic_id: str | None
    content: str | None
    chance: float
    is_weak_topic: bool


def beliefs(level: Level, topics: Sequence[TopicWork], spread: float | None) -> list[Belief]:
    """Return the level in each topic, weakest first; of equal topics the most practised.

    `spread` is the variance of topics within a learner: a topic without scored answers is only known by it.
    """
    unseen = math.sqrt(level.se**2 + (spread or 0))
    found = [Belief(work.topic_id, level.theta if work.theta is None else work.theta,
                    unseen if work.se is None else work.se, work.deviation or 0.0, work.is_known,
                    _verdict(work.deviation, work.deviation_se), work) for work in topics]
    return sorted(found, key=lambda belief: (belief.deviation, -belief.work.attempts, belief.topic_id))


def chances(bank: Bank, mean: Floats, sd: Floats) -> Floats:
    """Return P(right) of each item for a level ~ N(mean, sd), by Gauss-Hermite quadrature; arrays of items."""
    theta = mean[:, None] + sd[:, None] * NODES
    curve = 1 / (1 + np.exp(-bank.a[:, None] * (theta - bank.b[:, None])))
    right: Floats = bank.c + (1 - bank.c) * (curve @ WEIGHTS) / WEIGHTS.sum()
    return right


def practice(bank: Bank, level: Level, believed: Sequence[Belief], solved: Sequence[str]) -> list[Practice]:
    """Choose up to N_ITEMS items of moderate difficulty that were not solved lately, from the weakest topics first."""
    if not len(bank.a):
        return []
    by_topic = {belief.topic_id: belief for belief in believed}
    order = {belief.topic_id: place for place, belief in enumerate(believed)}
    known = [by_topic.get(topic) if topic is not None else None for topic in bank.topic_id]
    right = chances(bank, np.array([b.mean if b else level.theta for b in known]),
                    np.array([b.sd if b else level.se for b in known]))
    fitting = [int(at) for at in np.flatnonzero((right >= HARDEST) & (right <= EASIEST))]
    middle, done = (EASIEST + HARDEST) / 2, set(solved)
    ranked = sorted((at for at in fitting if bank.item_id[at] not in done),
                    key=lambda at: (order.get(bank.topic_id[at] or "", len(order)), abs(right[at] - middle), at))
    chosen = _few_of_each(ranked, bank.topic_id)
    return [Practice(bank.item_id[at], bank.topic_id[at], bank.content[at], float(right[at]), _is_weak(known[at]))
            for at in chosen]


def _few_of_each(ranked: Sequence[int], topic_id: Sequence[str | None]) -> list[int]:
    taken: dict[str | None, int] = {}
    chosen = []
    for at in ranked:
        topic = topic_id[at]
        if taken.get(topic, 0) < (PER_TOPIC if topic is not None else N_ITEMS):
            taken[topic] = taken.get(topic, 0) + 1
            chosen.append(at)
    return chosen[:N_ITEMS]


def _is_weak(belief: Belief | None) -> bool:
    return belief is not None and belief.verdict == "weak"


def _verdict(deviation: float | None, sd: float | None) -> str:
    if not deviation or not sd:
        return ""
    probability = NormalDist().cdf(deviation / sd)
    return "strong" if probability > SURE else "weak" if probability < 1 - SURE else ""


