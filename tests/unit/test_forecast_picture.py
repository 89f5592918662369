"""Pictures of the forecast fit: what can be read off an axis of counts."""

import itertools
import random
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


def lines_and_bands(series):
    """Yield the weeks that each line or band of the drawing joins."""
    for layer in spec(series)["layer"]:
        if layer["mark"]["type"] in ("line", "area"):
            assert layer["encoding"]["detail"]["field"] == "stretch"
            rows = layer["data"]["values"]
            for _, joined in itertools.groupby(rows, key=lambda row: row["stretch"]):
                yield [date.fromisoformat(row["week_start"]) for row in joined]


@pytest.mark.parametrize("seed", range(30))
def test_no_line_or_band_joins_two_weeks_with_a_missing_one_between(seed):
    draw = random.Random(seed)
    whole = counts([draw.choice([9, 30, 80]) for _ in range(20)])
    points = [{**point, "kind": "forecast" if at > 15 else "one_step",
               "value": None if at > 15 or draw.random() < 0.2 else point["value"],
               **({"yhat_lower": 5, "yhat_upper": 90} if draw.random() < 0.7 else {})}
              for at, point in enumerate(whole.points) if draw.random() < 0.8]
    series = Series(whole.meta, points)
    joined = list(lines_and_bands(series))
    assert joined
    for weeks in joined:
        assert {later - week for week, later in itertools.pairwise(weeks)} <= {timedelta(days=7)}
    assert sum(len(weeks) for weeks in joined) == sum(
        (point["value"] is not None) + (point["kind"] == "forecast") + (point["yhat_lower"] is not None)
        for point in points)


@pytest.mark.parametrize("n", [6, 30, 156])
def test_axes_have_titles_and_months_with_their_year_each_once(n):
    svg = style.svg(spec(counts([104, 118, 96, 131, 122, 109] * (n // 6))), "Active learners", "")
    said = re.findall(r">([^<>]+)</text>", svg)
    assert "Week beginning on" in said and "Active learners" in said
    months = [text for text in said if re.fullmatch(r"[A-Z][a-z]{2} 20\d\d", text)]
    assert len(set(months)) == len(months) >= 1
