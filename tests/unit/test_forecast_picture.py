"""Pictures of the forecast fit: what can be read off an axis of counts."""

import re
from datetime import date, timedelta

import pytest

from reports.charts import style
from reports.charts.forecast import Series, spec


def counts(values):
    """Return a series of active learners, each week expected to be as the one before, the first as it was."""
    meta = {"metric": "active_learners", "scope": "all", "method": "naive", "mase": 1.0, "changepoints": [],
            "fit_meta": {"scale": "log", "mase_as_served": 1.0, "interval_level": 0.9, "coverage_one_step": 0.9,
                         "n_flagged": 0, "n_judged": 0}}
    points = [{"week_start": date(2024, 1, 1) + timedelta(weeks=week), "kind": "one_step", "yhat": before,
               "yhat_lower": None, "yhat_upper": None, "value": value, "judgement": "usual"}
              for week, (before, value) in enumerate(zip(values[:1] + values[:-1], values, strict=True))]
    return Series(meta, points)


@pytest.mark.parametrize("values", [[800, 850, 450, 240, 60, 40, 11], [21_000, 5_000, 900, 35, 7, 1],
                                    [104, 118, 96, 131, 122, 109], [30, 24, 0, 18, 22]])
def test_the_highest_and_lowest_weeks_lie_near_a_label(values):
    svg = style.svg(spec(counts(values)), "Active learners", "")
    labels = [int(text.replace(",", "")) for text in re.findall(r">(\d[\d,]*)</text>", svg)]
    assert len(labels) >= 3
    assert max(labels) <= max(values) <= 2.5 * max(labels)
    assert min(labels) <= 2.5 * max(1, min(values))
