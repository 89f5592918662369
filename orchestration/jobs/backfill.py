"""A job as of several days, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from orchestration.jobs.pipeline import Pipeline
from orchestration.jobs.refusals import Refusal, require_estimable
from python_models.errors import NOT_ESTIMABLE, NotEstimable, UsageError
from python_models.fitting.fit import Outcome

SHOWN = 3  # days that an error names with their reasons


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


def backfill(pipeline: Pipeline, names: Sequence[str], chosen: Sequence[date],
             keep_going: bool = False) -> list[Outcome | Refusal]:
    """Run the fits `names` as of each day, then release what was built; return how every fit ended.

    Without `keep_going` a day with too little data for a fit is the last one: see `require_all_days`.
    """
    ended: list[Outcome | Refusal] = []
    with pipeline.job(" ".join(("run", *names))):
        for day in chosen:
            of_day = pipeline.attempt(names, day, ends=False)
            ended += of_day
            if not keep_going and any(isinstance(one, Refusal) for one in of_day):
                break
    return ended


def require_all_days(ended: Sequence[Outcome | Refusal], chosen: Sequence[date], keep_going: bool = False) -> None:
    """Raise NotEstimable, naming days and fits, if one of the `chosen` days had too little data for a fit."""
    refusals = [one for one in ended if isinstance(one, Refusal)]
    if len(chosen) == 1 or not refusals:
        return require_estimable(ended)
    days_short = sorted({refusal.as_of for refusal in refusals})
    lines = " ".join(refusal.line() for refusal in refusals[:SHOWN])
    more = f" And {len(refusals) - SHOWN} more." if len(refusals) > SHOWN else ""
    if keep_going:
        raise NotEstimable(f"Too little data on {len(days_short)} of {len(chosen)} days. {lines}{more}",
                           "choose a later --from, or leave these days out; the other days are done.", NOT_ESTIMABLE)
    left = len(chosen) - 1 - list(chosen).index(days_short[0])
    raise NotEstimable(f"Stopped at {days_short[0]}, with {left} of {len(chosen)} days not tried. {lines}{more}",
                       "choose a later --from, or give --keep-going.", NOT_ESTIMABLE)
