"""The charts of the pages. Each Vega-Lite template is compiled to Vega once per process; then only rows are put in.

Charts hold no words, so one drawing serves every language; the page describes it in words beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import vl_convert

from reports.charts.style import ALARM, BAND, INK, LOOK, MAIN, SOFT, VEGA_LITE, Spec
from reports.content.classroom import BIN, Bar
from reports.content.learner import LearnerContent
from reports.content.sentences import Z_90
from reports.sources.records import ForecastWeek

WIDTH, HEIGHT = 320, 170  # drawn for a phone; larger screens enlarge it
DAYS = {"type": "temporal", "scale": {"type": "utc", "padding": 6},
        "axis": {"format": "%m-%d", "title": None, "grid": False, "tickCount": 6, "labelOverlap": True}}
LEARNERS = {"type": "quantitative", "axis": {"title": None, "tickMinStep": 1, "format": "d"}}
LEVEL = {"type": "quantitative", "scale": {"zero": False, "nice": True}, "axis": {"title": None, "tickCount": 5}}


def _template(*layers: Spec) -> Spec:
    return {"width": WIDTH, "height": HEIGHT, "config": LOOK, "layer": list(layers)}


ABILITY = _template(
    {"data": {"name": "weeks"}, "mark": {"type": "area", "color": BAND, "opacity": 0.55},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "lower", **LEVEL}, "y2": {"field": "upper"}}},
    {"data": {"name": "weeks"}, "mark": {"type": "line", "color": MAIN, "point": {"color": MAIN, "size": 35}},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "level", **LEVEL}}},
    {"data": {"name": "goal"}, "mark": {"type": "rule", "color": INK, "strokeWidth": 2},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "lower", **LEVEL}, "y2": {"field": "upper"}}},
    {"data": {"name": "goal"}, "mark": {"type": "point", "shape": "diamond", "filled": True, "color": INK, "size": 70},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "level", **LEVEL}}},
    {"data": {"name": "target"}, "mark": {"type": "rule", "strokeDash": [5, 4], "color": ALARM, "strokeWidth": 1.5},
     "encoding": {"y": {"field": "level", **LEVEL}}})

FORECAST = _template(
    {"data": {"name": "band"}, "mark": {"type": "area", "color": BAND, "opacity": 0.55},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "lower", **LEVEL}, "y2": {"field": "upper"}}},
    {"data": {"name": "expected"}, "mark": {"type": "line", "color": SOFT, "strokeDash": [5, 4]},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "level", **LEVEL}}},
    {"data": {"name": "seen"}, "mark": {"type": "line", "color": MAIN, "point": {"color": MAIN, "size": 30}},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "level", **LEVEL}}},
    {"data": {"name": "unusual"}, "mark": {"type": "point", "shape": "triangle-up", "filled": True, "color": ALARM,
                                           "size": 110},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"field": "level", **LEVEL}}})

DISTRIBUTION = _template(
    {"data": {"name": "bars"}, "mark": {"type": "bar", "color": MAIN},
     "encoding": {"x": {"field": "low", "type": "quantitative", "bin": {"binned": True, "step": 100 * BIN},
                        "axis": {"title": None, "grid": False, "labelOverlap": True}},
                  "x2": {"field": "high"}, "y": {"field": "count", **LEARNERS}}})
TEMPLATES = {"ability": ABILITY, "forecast": FORECAST, "distribution": DISTRIBUTION}


def ability(content: LearnerContent) -> str:
    """Draw the level over the weeks with its 90% band, and what is expected on the goal's day; in points."""
    weeks = [{"day": _ms(w.week_start), "level": _points(w.theta), "lower": _points(w.theta - Z_90 * w.se),
              "upper": _points(w.theta + Z_90 * w.se)} for w in content.record.abilities]
    goal, target = [], []
    if content.growth:
        g = content.growth
        goal = [{"day": _ms(g.goal_date), "level": _points(g.mean), "lower": _points(g.lower),
                 "upper": _points(g.upper)}]
        target = [{"level": _points(g.target)}] if g.target is not None else []
    return _draw("ability", {"weeks": weeks, "goal": goal, "target": target})


def forecast(weeks: Sequence[ForecastWeek]) -> str:
    """Draw a series with what was expected, its interval, and a triangle where a week was unusual."""
    expected = [{"day": _ms(w.week_start), "level": w.expected} for w in weeks if w.expected is not None]
    band = [{"day": _ms(w.week_start), "lower": w.lower, "upper": w.upper}
            for w in weeks if w.lower is not None and w.upper is not None]
    seen = [{"day": _ms(w.week_start), "level": w.value} for w in weeks if w.value is not None]
    unusual = [{"day": _ms(w.week_start), "level": w.value} for w in weeks if w.is_unusual]
    return _draw("forecast", {"band": band, "expected": expected, "seen": seen, "unusual": unusual})


def distribution(bars: Sequence[Bar]) -> str:
    """Draw how many learners of a class have which level, in points."""
    rows = [{"low": _points(bar.low), "high": _points(bar.low + BIN), "count": bar.count} for bar in bars]
    return _draw("distribution", {"bars": rows})


@cache
def _compiled(name: str) -> Mapping[str, Any]:
    compiled: Mapping[str, Any] = vl_convert.vegalite_to_vega(TEMPLATES[name], vl_version=VEGA_LITE)
    return compiled


def _draw(name: str, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> str:
    vega = dict(_compiled(name))
    vega["data"] = [{**source, "values": rows[source["name"]]} if source["name"] in rows else source
                    for source in vega["data"]]
    drawn: str = vl_convert.vega_to_svg(vega)
    return drawn.replace("clip0", f"clip-{name}")


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _points(theta: float) -> float:
    return 500 + 100 * theta
