"""The days of a backfill."""

from datetime import date

import pytest

from orchestration.jobs.backfill import days
from python_models.errors import UsageError


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
