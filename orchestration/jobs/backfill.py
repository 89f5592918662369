"""The days of a backfill."""

from __future__ import annotations

from datetime import date, timedelta

from python_models.errors import UsageError


def days(first: date | None, last: date | None, every: str) -> list[date]:
    """Return the days from `first` to `last`, both included: every day, Sunday, or last day of a month.

    Raises UsageError if a bound is missing, the bounds are out of order, or no day is left.
    """
    if first is None or last is None or first > last:
        raise UsageError("A backfill needs a first and a last day in order.",
                         "give --from D and --to D with from <= to.")
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    chosen = {"day": span, "week": [day for day in span if day.isoweekday() == 7],
              "month": [day for day in span if (day + timedelta(days=1)).day == 1]}[every]
    if not chosen:
        raise UsageError(f"No {every} ends between {first} and {last}.", "widen --from/--to or choose another --every.")
    return chosen
