"""A learner's last twelve weeks: answers, days of practice, and the level where it is known well enough to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reports.sources.records import AbilityWeek, LearnerRecord

N_WEEKS = 12
LEAST_WEEKS = 4  # earlier weeks from which a range is called usual


@dataclass(frozen=True)
class PastWeek:
    """A week: its Monday, its answers, the days that have some, and the level, None where none is shown."""

    week_start: date
    answers: int
    active_days: int
    ability: AbilityWeek | None

    @property
    def is_withheld(self) -> bool:
        """Whether there are answers, and still no level is shown."""
        return self.answers > 0 and self.ability is None


@dataclass(frozen=True)
class UsualDays:
    """Days of practice in a usual week: at least half of `n_weeks` earlier weeks, from `since` on, lie within."""

    lower: int
    upper: int
    n_weeks: int
    since: date


def past_weeks(record: LearnerRecord) -> list[PastWeek]:
    """Return the N_WEEKS weeks that end with the report's, oldest first, also those without answers."""
    abilities = {ability.week_start: ability for ability in record.abilities}
    mondays = [record.week.start - timedelta(days=7 * age) for age in range(N_WEEKS - 1, -1, -1)]
    days = {monday: [day for day in record.days if 0 <= (day.active_on - monday).days < 7] for monday in mondays}
    return [PastWeek(monday, sum(day.attempts for day in days[monday]), sum(day.attempts > 0 for day in days[monday]),
                     abilities.get(monday)) for monday in mondays]


def usual_days(weeks: Sequence[PastWeek]) -> UsualDays | None:
    """Return the middle half of the days of practice in the weeks before the last one; None for too few of them.

    The weeks count from the first with an answer: of those before it nobody knows whether the learner was there.
    """
    first = next((at for at, week in enumerate(weeks) if week.answers), len(weeks))
    earlier = weeks[first:-1]
    if len(earlier) < LEAST_WEEKS:
        return None
    days = sorted(week.active_days for week in earlier)
    cut = (len(days) - 1) // 4  # as many weeks are left out below as above, together less than half
    return UsualDays(days[cut], days[-1 - cut], len(days), earlier[0].week_start)
