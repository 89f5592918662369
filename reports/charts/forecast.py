"""Pictures of the forecast fit: one for each series, with band, flagged weeks, change points and the weeks to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from reports.charts import style
from reports.charts.picture import Picture
from reports.charts.stretches import STRETCH, alone, stretches

WIDTH, HEIGHT = 860, 300
NAMES = {"answers": "Answers", "active_learners": "Active learners", "accuracy": "Share of right answers",
         "improvement": "Improvement", "I_t": "Improvement I_t"}
# What is flagged differs in shape and is named in the legend; colour only helps.
MARKS = {"anomaly": "outside of what was expected", "level_shift": "the level shifts"}
SHAPES = {"anomaly": "triangle-up", "level_shift": "diamond"}
NICE_TICKS: style.Spec = {"tickCount": 6}
SPANNING = ("value", "yhat_lower", "yhat_upper")  # what the axis has room for

SERIES = """
    select metric, scope, method, mase, changepoints, fit_meta from prophet_fit_meta
    where run_id = %s and status = 'forecast' order by scope <> 'all', scope collate "C", metric"""
POINTS = """
    select metric, scope, week_start, kind, yhat, yhat_lower, yhat_upper, value, judgement from forecast_points
    where run_id = %s and kind in ('one_step', 'forecast') order by week_start"""


@dataclass(frozen=True)
class Series:
    """What a run knows about one series: its row of prophet_fit_meta and its points, as dictionaries."""

    meta: dict[str, Any]
    points: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """The metric and the scope in words."""
        scope = "" if self.meta["scope"] == "all" else f", topic {self.meta['scope'].removeprefix('topic:')}"
        return f"{NAMES.get(self.meta['metric'], self.meta['metric'])} per week{scope}"

    @property
    def is_count(self) -> bool:
        """Whether the series is forecast, and so drawn, on a logarithmic scale."""
        return bool(self.meta["fit_meta"]["scale"] == "log")

    @property
    def flagged(self) -> list[dict[str, Any]]:
        """The points of flagged weeks."""
        return [point for point in self.points if point["judgement"] in MARKS]


def draw(connection: psycopg.Connection[Any], run_id: str) -> list[Picture]:
    """Draw every series that the run forecast, those of all answers first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        metas = cursor.execute(SERIES, [run_id]).fetchall()
        points: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for point in cursor.execute(POINTS, [run_id]).fetchall():
            points.setdefault((point["metric"], point["scope"]), []).append(point)
    return [_picture(Series(one, points[one["metric"], one["scope"]])) for one in metas]


def _picture(series: Series) -> Picture:
    text = description(series)
    return Picture(f"{series.meta['metric']}-{series.meta['scope']}", series.name, text,
                   style.svg(spec(series), series.name, text))


def description(series: Series) -> str:
    """Describe in words what the picture shows, for readers who cannot see it."""
    ahead = [point for point in series.points if point["kind"] == "forecast"]
    last, low, high = (_number(series, ahead[-1][key]) for key in ("yhat", "yhat_lower", "yhat_upper"))
    sentences = [f"{len(series.points) - len(ahead)} weeks, each with what was expected before it; then {len(ahead)} "
                 f"weeks forecast, {last} in the last ({low} to {high})."]
    flagged = [f"{point['week_start']} ({_number(series, point['value'])} instead of "
               f"{_number(series, point['yhat'])})" for point in series.flagged]
    sentences.append(f"Flagged weeks: {', '.join(flagged) or 'none'}.")
    changes = [f"{change['ds']} ({_size(change)})" for change in series.meta["changepoints"]]
    sentences.append(f"Change points: {', '.join(changes) or 'none'}.")
    return " ".join(sentences)


def _number(series: Series, value: float) -> str:
    if series.is_count:
        return f"{value:,.0f}"
    return f"{value:.1%}" if series.meta["metric"] == "accuracy" else f"{value:.3f}"


def _size(change: dict[str, Any]) -> str:
    size = f"{change['delta']:+.0%}" if change["unit"].startswith("ratio") else f"{change['delta']:+.3f}"
    return f"{size} a week" if change["unit"].endswith("per week") else size


def subtitle(series: Series) -> list[str]:
    """Return two lines: which method is served and how good it was; what is drawn how."""
    meta = series.meta["fit_meta"]
    return [f"Served by {series.meta['method']}, relative MAE {series.meta['mase']:.2f} against naive "
            f"(chosen week by week: {meta['mase_as_served']:.2f}); {meta['interval_level']:.0%} band, held "
            f"{meta['coverage_one_step']:.0%} of weeks; {meta['n_flagged']} of {meta['n_judged']} judged weeks flagged",
            "Line: what happened; it breaks where a week is missing. Light band: what was expected before the week. "
            "Rings on a dashed line, dark band: the weeks to come. Dotted: change points."]


def spec(series: Series) -> style.Spec:
    """Return the Vega-Lite specification: layers over weeks, from the band to the marks."""
    numbers = ",.0f" if series.is_count else ".0%" if series.meta["metric"] == "accuracy" else "~g"
    drawn = [_drawn(series, point) for point in series.points]
    scale: style.Spec = {"type": "log", "nice": False} if series.is_count else {"zero": False}
    ticks = _count_ticks(drawn) if series.is_count else NICE_TICKS
    y = {"type": "quantitative", "title": NAMES.get(series.meta["metric"], series.meta["metric"]),
         "axis": {"format": numbers, **ticks}, "scale": scale}
    x = {"field": "week_start", "type": "temporal", "title": "Week beginning on",
         "axis": {"format": "%b %Y", "tickCount": {"interval": "month", "step": 1}, "labelOverlap": True}}
    layers = [*_change_layers(series), *_band_layers(drawn, y), *_line_layers(drawn, y), *_mark_layers(y)]
    return {
        "width": WIDTH, "height": HEIGHT, "title": {"text": series.name, "subtitle": subtitle(series)},
        "data": {"values": drawn}, "encoding": {"x": x}, "layer": layers,
        "resolve": {"scale": {"shape": "independent"}},
    }


def _count_ticks(drawn: list[dict[str, Any]]) -> style.Spec:
    """1, 2 and 5 of each power of ten: Vega leaves its own unlabelled high in a decade, but serves a narrow range."""
    seen = [point[key] for point in drawn for key in SPANNING if point[key] is not None]
    ticks = [count for power in range(9) for count in (10 ** power, 2 * 10 ** power, 5 * 10 ** power)
             if min(seen) <= count <= max(seen)]
    return {"values": ticks} if len(ticks) >= 3 else NICE_TICKS


def _drawn(series: Series, point: dict[str, Any]) -> dict[str, Any]:
    """A point as Vega-Lite takes it. A logarithmic axis has no 0: there, less than half a count is drawn as that."""
    drawn = {**point, "week_start": point["week_start"].isoformat(), "mark": MARKS.get(point["judgement"] or "")}
    if series.is_count:
        drawn |= {key: max(drawn[key], 0.5) for key in (*SPANNING, "yhat") if drawn[key] is not None}
    return drawn


def _joined(drawn: list[dict[str, Any]], kind: str, key: str) -> style.Spec:
    """Return the data of a line or band: the points of a kind that have `key`, and the stretch that each belongs to."""
    shown = [point for point in drawn if point["kind"] == kind and point[key] is not None]
    numbers = stretches([date.fromisoformat(point["week_start"]) for point in shown])
    return {"values": [{**point, "stretch": number, "is_alone": is_alone}
                       for point, number, is_alone in zip(shown, numbers, alone(numbers), strict=True)]}


def _band_layers(drawn: list[dict[str, Any]], y: style.Spec) -> list[style.Spec]:
    """The band of past weeks, lighter than that of the weeks to come; a bar for a week without a neighbour."""
    layers: list[style.Spec] = []
    for kind, opacity in (("one_step", 0.4), ("forecast", 0.8)):
        ends = {"y": {**y, "field": "yhat_lower"}, "y2": {"field": "yhat_upper"}}
        data = _joined(drawn, kind, "yhat_lower")
        layers += [{"data": data, "mark": {"type": "area", "color": style.BAND, "opacity": opacity,
                                           "interpolate": "monotone"}, "encoding": {**ends, "detail": STRETCH}},
                   {"data": data, "transform": [{"filter": "datum.is_alone"}],
                    "mark": {"type": "rule", "color": style.BAND, "strokeWidth": 4, "opacity": opacity},
                    "encoding": ends}]
    return layers


def _line_layers(drawn: list[dict[str, Any]], y: style.Spec) -> list[style.Spec]:
    observed = {"data": _joined(drawn, "one_step", "value"),
                "mark": {"type": "line", "color": style.INK, "strokeWidth": 1.2,
                         "point": {"color": style.INK, "size": 12, "filled": True}},
                "encoding": {"y": {**y, "field": "value"}, "detail": STRETCH}}
    ahead = {"data": _joined(drawn, "forecast", "yhat"),
             "mark": {"type": "line", "color": style.MAIN, "strokeWidth": 2, "strokeDash": [4, 2],
                      "point": {"color": style.MAIN, "size": 30, "filled": False, "strokeWidth": 1.5}},
             "encoding": {"y": {**y, "field": "yhat"}, "detail": STRETCH}}
    return [observed, ahead]


def _mark_layers(y: style.Spec) -> list[style.Spec]:
    shape = {"field": "mark", "type": "nominal", "title": None,
             "scale": {"domain": list(MARKS.values()), "range": list(SHAPES.values())},
             "legend": {"symbolFillColor": style.ALARM, "symbolStrokeColor": style.ALARM, "symbolSize": 90,
                        "labelLimit": 400}}
    return [{"transform": [{"filter": "isValid(datum.mark)"}],
             "mark": {"type": "point", "color": style.ALARM, "filled": True, "size": 90, "opacity": 1},
             "encoding": {"y": {**y, "field": "value"}, "shape": shape}}]


def _change_layers(series: Series) -> list[style.Spec]:
    """A dated line for each change point; labels in turn at two heights, so that neighbours do not overlap."""
    lowest = series.points[0]["week_start"]
    changes = [{"week_start": change["ds"], "height": 10 + 13 * (number % 3),
                "label": f"{change['ds']}: {_size(change)}"}
               for number, change in enumerate(series.meta["changepoints"])
               if date.fromisoformat(change["ds"]) >= lowest - timedelta(days=7)]
    if not changes:
        return []
    rule: style.Spec = {"data": {"values": changes},
                        "mark": {"type": "rule", "color": style.SOFT, "strokeDash": [2, 3], "strokeWidth": 1.5}}
    text: style.Spec = {"data": {"values": changes},
                        "mark": {"type": "text", "color": style.INK, "align": "left", "dx": 3, "fontSize": 10},
                        "encoding": {"text": {"field": "label"},
                                     "y": {"field": "height", "type": "quantitative", "scale": None, "axis": None}}}
    return [rule, text]
