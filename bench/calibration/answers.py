"""Answers simulated with known parameters, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit


@dataclass(frozen=True)
class School:
    """Truth (a, b, c by item; theta by learner) and answers (one element each; learners and items count from 1)."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    theta: np.ndarray
    learner: np.ndarray
    item: np.ndarray
    right: np.ndarray

    def write(self, folder: Path) -> None:
        """Write the answers to `folder` as 32-bit integers."""
        for name in ("learner", "item", "right"):
            getattr(self, name).astype(np.int32).tofile(folder / f"{name}.bin")


def simulate(learners: int, items: int, each: int, model: str = "2PL", seed: int = 1, uneven: bool = False) -> School:
    """Draw b ~ N(0, 1), log a ~ N(0, 0.3^2), logit c ~ N(-1.39, 0.3^2) for the 3PL; `uneven`: exposure is 1 / rank."""
    rng = np.random.default_rng(seed)
    a, b = np.exp(rng.normal(0, 0.3, items)), rng.normal(0, 1, items)
    c = expit(rng.normal(-1.39, 0.3, items)) if model == "3PL" else np.zeros(items)
    theta = rng.normal(0, 1, learners)
    weight = 1 / np.arange(1, items + 1) if uneven else np.ones(items)
    item = different_items(rng, learners, each, weight).ravel()
    learner = np.repeat(np.arange(learners), each)
    p = c[item] + (1 - c[item]) * expit(a[item] * (theta[learner] - b[item]))
    return School(a, b, c, theta, learner + 1, item + 1, (rng.random(len(p)) < p).astype(np.int32))


def different_items(rng: np.random.Generator, learners: int, each: int, weight: np.ndarray) -> np.ndarray:
    """Draw `each` different items (from 0) per learner, as learners x each: first arrivals of exponential races."""
    items = len(weight)
    if each == items:
        return np.tile(np.arange(items, dtype=np.int32), (learners, 1))
    found = np.empty((learners, each), dtype=np.int32)
    step = max(1, 20_000_000 // items)
    for first in range(0, learners, step):
        arrival = rng.exponential(size=(min(step, learners - first), items)).astype(np.float32)
        arrival /= weight.astype(np.float32)
        found[first:first + step] = np.argpartition(arrival, each, axis=1)[:, :each]
    return found
