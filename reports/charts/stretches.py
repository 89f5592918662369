"""Where a line over weeks breaks: the one place that decides which weeks a line or band may join."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

WEEK = timedelta(days=7)
STRETCH = {"field": "stretch", "type": "nominal"}  # the channel `detail` of a line or band: one for each stretch


def stretches(weeks: Sequence[date]) -> list[int]:
    """Return for each of `weeks`, ascending Mondays, the number of its stretch: of the 1st, 8th and 22nd 0, 0, 1.

    A line or band is drawn once per stretch, so it never joins two weeks with a week between that is not shown.
    """
    numbers: list[int] = []
    for at, week in enumerate(weeks):
        is_next = at > 0 and week - weeks[at - 1] == WEEK
        numbers.append(numbers[-1] + (not is_next) if at else 0)
    return numbers


def alone(numbers: Sequence[int]) -> list[bool]:
    """Return for each stretch number whether its stretch is one week: no line shows it, so it needs an error bar."""
    return [numbers.count(number) == 1 for number in numbers]
