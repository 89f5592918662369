"""The charts of the pages. A Vega-Lite template is compiled to Vega once per process; then rows and titles are put in.

The only words are the titles of the axes; the page describes each kind of mark beside the chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import vl_convert

from reports.charts.stretches import STRETCH, alone, stretches
from reports.charts.style import ALARM, BAND, INK, LOOK, MAIN, SOFT, VEGA_LITE, Spec
from reports.content.classroom import BIN, Bar
from reports.content.learner import LearnerContent
from reports.content.sentences import Z_90
from reports.content.weeks import PastWeek, UsualDays

WIDTH, HEIGHT = 320, 170  # drawn for a phone; larger screens enlarge it
TICK_WEEKS = 4  # weeks between labels: one with the year is almost as wide, also where a goal's day lies ahead
Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Axes:
    """The words of a chart: the titles of both axes, and the format of days (d3's)."""

    x: str
    y: str
    day: str = ""


# Titles and labels of days are put in when a chart is drawn: `_worded`.
DAYS = {"type": "temporal", "scale": {"type": "utc", "padding": 12},
        "axis": {"title": "x", "grid": False, "labelOverlap": "greedy", "labelFlush": 14}}
WHOLE = "datum.value % 1 ? '' : datum.label"  # Vega marks halves where a class has one learner or two
LEARNERS = {"type": "quantitative", "axis": {"title": "y", "format": "d", "labelExpr": WHOLE}}
LEVEL = {"type": "quantitative", "scale": {"zero": False, "nice": True}, "axis": {"title": "y", "tickCount": 5}}
PRACTICE = {"type": "quantitative", "scale": {"domain": [0, 7]}, "axis": {"title": "y", "tickCount": 7, "format": "d"}}


def _template(*layers: Spec) -> Spec:
    return {"width": WIDTH, "height": HEIGHT, "config": LOOK, "layer": list(layers)}


def _over(y: Spec, field: str, **other: Spec) -> Spec:
    return {"x": {"field": "day", **DAYS}, "y": {"field": field, **y}, **other}


ABILITY = _template(
    {"data": {"name": "weeks"}, "mark": {"type": "area", "color": BAND, "opacity": 0.55},
     "encoding": _over(LEVEL, "lower", y2={"field": "upper"}, detail=STRETCH)},
    {"data": {"name": "weeks"}, "mark": {"type": "line", "color": MAIN},
     "encoding": _over(LEVEL, "level", detail=STRETCH)},
    {"data": {"name": "alone"}, "mark": {"type": "rule", "color": BAND, "strokeWidth": 5},
     "encoding": _over(LEVEL, "lower", y2={"field": "upper"})},
    {"data": {"name": "weeks"}, "mark": {"type": "point", "filled": True, "opacity": 1, "color": MAIN, "size": 35},
     "encoding": _over(LEVEL, "level")},
    {"data": {"name": "withheld"},
     "mark": {"type": "point", "shape": "cross", "angle": 45, "filled": True, "opacity": 1, "color": SOFT, "size": 45},
     "encoding": {"x": {"field": "day", **DAYS}, "y": {"value": HEIGHT - 7}}},
    {"data": {"name": "goal"}, "mark": {"type": "rule", "color": INK, "strokeWidth": 2},
     "encoding": _over(LEVEL, "lower", y2={"field": "upper"})},
    {"data": {"name": "goal"}, "mark": {"type": "point", "shape": "diamond", "filled": True, "color": INK, "size": 70},
     "encoding": _over(LEVEL, "level")},
    {"data": {"name": "target"}, "mark": {"type": "rule", "strokeDash": [5, 4], "color": ALARM, "strokeWidth": 1.5},
     "encoding": {"y": {"field": "level", **LEVEL}}})

WEEKS = _template(
    {"data": {"name": "usual"}, "mark": {"type": "rect", "color": BAND, "opacity": 0.4},
     "encoding": {"y": {"field": "lower", **PRACTICE}, "y2": {"field": "upper"}}},
    {"data": {"name": "weeks"}, "mark": {"type": "bar", "color": MAIN, "width": 14},
     "encoding": _over(PRACTICE, "days")},
    *({"data": {"name": "usual"}, "mark": {"type": "rule", "color": INK, "strokeDash": [5, 4]},
       "encoding": {"y": {"field": end, **PRACTICE}}} for end in ("lower", "upper")))

DISTRIBUTION = _template(
    {"data": {"name": "bars"}, "mark": {"type": "bar", "color": MAIN},
     "encoding": {"x": {"field": "low", "type": "quantitative", "bin": {"binned": True, "step": 100 * BIN},
                        "axis": {"title": "x", "grid": False, "labelOverlap": True}},
                  "x2": {"field": "high"}, "y": {"field": "count", **LEARNERS}}})
TEMPLATES = {"ability": ABILITY, "weeks": WEEKS, "distribution": DISTRIBUTION}


def ability(content: LearnerContent, axes: Axes) -> str:
    """Draw the level over the weeks with its 90% band, and what is expected on the goal's day; in points."""
    ahead = [content.growth.goal_date] if content.growth else []
    return _draw("ability", ability_rows(content), axes, [week.week_start for week in content.weeks], ahead)


def ability_rows(content: LearnerContent) -> dict[str, Rows]:
    """Return the rows of each data set of ABILITY.

    `weeks` are the weeks with a level, `alone` those without a neighbour, which get an error bar instead of a band;
    `withheld` the weeks with answers but without a level; `goal` and `target` at most one row.
    """
    shown = [week.ability for week in content.weeks if week.ability]
    numbers = stretches([one.week_start for one in shown])
    weeks = [{"day": _ms(one.week_start), "level": _points(one.theta), "stretch": number,
              "lower": _points(one.theta - Z_90 * one.se), "upper": _points(one.theta + Z_90 * one.se)}
             for one, number in zip(shown, numbers, strict=True)]
    growth = content.growth
    is_ahead = growth is not None and growth.goal_date >= content.record.week.start
    return {
        "weeks": weeks,
        "alone": [week for week, is_alone in zip(weeks, alone(numbers), strict=True) if is_alone],
        "withheld": [{"day": _ms(week.week_start)} for week in content.weeks if week.is_withheld],
        "goal": [{"day": _ms(growth.goal_date), "level": _points(growth.mean), "lower": _points(growth.lower),
                  "upper": _points(growth.upper)}] if growth and is_ahead else [],
        "target": [{"level": _points(growth.target)}]
        if growth and growth.target is not None and content.goals else []}


def practice_weeks(weeks: Sequence[PastWeek], usual: UsualDays | None, axes: Axes) -> str:
    """Draw the days of practice in each week, and between dashes what is usual."""
    rows: dict[str, Rows] = {
        "weeks": [{"day": _ms(week.week_start), "days": week.active_days} for week in weeks],
        "usual": [{"lower": usual.lower, "upper": usual.upper}] if usual else []}
    return _draw("weeks", rows, axes, [week.week_start for week in weeks])


def distribution(bars: Sequence[Bar], axes: Axes) -> str:
    """Draw how many learners of a class have which level, in points."""
    rows = [{"low": _points(bar.low), "high": _points(bar.low + BIN), "count": bar.count} for bar in bars]
    return _draw("distribution", {"bars": rows}, axes)


@cache
def _compiled(name: str) -> Mapping[str, Any]:
    compiled: Mapping[str, Any] = vl_convert.vegalite_to_vega(TEMPLATES[name], vl_version=VEGA_LITE)
    return compiled


def _draw(name: str, rows: Mapping[str, Rows], axes: Axes, weeks: Sequence[date] = (),
          ahead: Sequence[date] = ()) -> str:
    """Draw a template. An axis of days spans all `weeks`, also those without a mark, and the days `ahead`."""
    vega = dict(_compiled(name))
    vega["data"] = [{**source, "values": rows[source["name"]]} if source["name"] in rows else source
                    for source in vega["data"]]
    vega["axes"] = [_worded(axis, axes, weeks) for axis in vega["axes"]]
    if weeks:
        days = [_ms(weeks[0]), _ms(max([weeks[-1], *ahead]))]
        vega["scales"] = [{**scale, "domain": days} if scale["name"] == "x" else scale for scale in vega["scales"]]
    drawn: str = vl_convert.vega_to_svg(vega)
    return drawn.replace("clip0", f"clip-{name}")


def _worded(axis: Mapping[str, Any], axes: Axes, weeks: Sequence[date]) -> Mapping[str, Any]:
    """Return an axis of Vega with its title; that of days with its labels: Vega's own weeks would begin on Sundays.

    The newest week is labelled, and every TICK_WEEKS before it.
    """
    if "title" not in axis:  # the axis that draws the grid
        return axis
    titled = {**axis, "title": getattr(axes, axis["scale"])}
    if not weeks or axis["scale"] != "x":
        return titled
    labelled = [_ms(week) for week in weeks[(len(weeks) - 1) % TICK_WEEKS::TICK_WEEKS]]
    return {**titled, "values": labelled, "format": axes.day, "formatType": "utc"}


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _points(theta: float) -> float:
    return 500 + 100 * theta
