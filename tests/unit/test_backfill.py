"""A backfill: its days, and what it does with a day that has too little data."""

from contextlib import contextmanager
from datetime import date

import pytest

from orchestration.jobs.backfill import backfill, days, require_all_days
from orchestration.jobs.refusals import Refusal
from python_models.errors import NotEstimable, UsageError
from python_models.fitting.fit import Outcome


def test_every_day_includes_both_ends():
    assert days(date(2017, 12, 30), date(2018, 1, 1), "day") == [
        date(2017, 12, 30), date(2017, 12, 31), date(2018, 1, 1)]


def test_months_end_on_their_last_day():
    assert days(date(2016, 1, 1), date(2016, 3, 30), "month") == [date(2016, 1, 31), date(2016, 2, 29)]


def test_weeks_end_on_sunday():
    assert days(date(2017, 12, 18), date(2017, 12, 31), "week") == [date(2017, 12, 24), date(2017, 12, 31)]


@pytest.mark.parametrize(("first", "last", "every"), [
    (date(2017, 2, 1), date(2017, 1, 1), "day"), (None, date(2017, 1, 1), "day"),
    (date(2017, 1, 1), None, "day"), (date(2017, 1, 2), date(2017, 1, 5), "month")])
def test_an_impossible_span_is_refused(first, last, every):
    with pytest.raises(UsageError):
        days(first, last, every)


class Attempts:
    """What a backfill asks of a pipeline: fits have too little data before `first`."""

    def __init__(self, first):
        self.first, self.tried, self.released = first, [], []

    def attempt(self, names, day, ends):
        self.tried.append(day)
        reason = NotEstimable(f"There are 3 returns; 50 are needed on {day}.", "wait.")
        return [Outcome(f"{name}-{day}", "published", 1, 1) if day >= self.first else Refusal(name, day, reason)
                for name in names]

    @contextmanager
    def job(self, name):
        yield
        self.released.append(name)


MONTHS = [date(2017, 1, 31), date(2017, 2, 28), date(2017, 3, 31), date(2017, 4, 30)]


@pytest.mark.parametrize(("first", "keep_going", "n_tried", "message"), [
    (MONTHS[0], False, 4, None), (MONTHS[0], True, 4, None),
    (MONTHS[2], False, 1, "Stopped at 2017-01-31, with 3 of 4 days not tried. survival as of 2017-01-31: There are 3"),
    (MONTHS[2], True, 4, "Too little data on 2 of 4 days. survival as of 2017-01-31: There are 3 returns"),
    (date.max, True, 4, "And 1 more.")])
def test_a_day_with_too_little_data_ends_a_backfill_or_is_left_out(first, keep_going, n_tried, message):
    pipeline = Attempts(first)
    ended = backfill(pipeline, ["survival"], MONTHS, keep_going)
    assert pipeline.tried == MONTHS[:n_tried] and pipeline.released == ["run survival"]
    if message is None:
        assert require_all_days(ended, MONTHS, keep_going) is None
        return
    with pytest.raises(NotEstimable) as caught:
        require_all_days(ended, MONTHS, keep_going)
    line = str(caught.value)
    assert message in line and "\n" not in line and ("--keep-going" in line) != keep_going
    assert caught.value.exit_code == 1


def test_one_day_names_every_fit_that_had_too_little_data():
    ended = backfill(Attempts(date.max), ["irt", "growth"], MONTHS[:1])
    with pytest.raises(NotEstimable, match=r"irt as of 2017-01-31: There .* growth as of 2017-01-31: .* Fix: wait\.$"):
        require_all_days(ended, MONTHS[:1])
