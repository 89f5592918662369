"""Pictures of a segments run: what each segment is like, why there are so many, how learners moved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from reports.charts import style
from reports.charts.picture import Picture

Record = Mapping[str, Any]

FEATURES = {  # what the axis says, and how a value is written
    "engagement": ("engagement (A_t)", "{:.2f}"), "improvement": ("improvement (I_t)", "{:+.3f}"),
    "efficiency": ("efficiency (E_t)", "{:.3f}"), "recovery": ("recovery (R_t)", "{:.2f}"),
    "sessions": ("sessions", "{:.1f}"), "mean_gap_days": ("days between active days", "{:.1f}"),
    "median_response_ms": ("median response time, s", "{:.1f}"), "hints_per_answer": ("hints per answer", "{:.2f}"),
    "attempts": ("answers", "{:.0f}")}
UNITS = {"median_response_ms": 1000}  # divides the value: seconds are read more easily
REACH = 3.0  # how far the axis goes at least; beyond the outermost hump values are cut there
LEAST = {"smallest Jaccard": 0.75, "smallest share": 0.05}  # what the fit asks of a candidate


def draw(connection: psycopg.Connection[tuple[object, ...]], run_id: str) -> list[Picture]:
    """Draw the run `run_id`, which has landed: its centres, its choice of k and its transitions, where it has them."""
    found: Any = connection.execute("select features, centers, metrics from segment_meta where run_id = %s",
                                    [run_id]).fetchone()
    features, centers, metrics = found
    pictures = [_centers(features, centers)]
    if len(metrics["k_table"]) > 1:
        pictures.append(_choice(metrics["k_table"], len(centers)))
    if metrics["identity"]["transitions"]:
        pictures.append(_transitions(metrics["identity"], centers))
    return pictures


def natural(feature: str, value: float) -> str:
    """Write a feature's value in the unit in which people read it."""
    _, form = FEATURES.get(feature, (feature, "{:.3g}"))
    return form.format(value / UNITS.get(feature, 1))


def _named(center: Record) -> str:
    return f"{center['segment_id']}  {center['segment_label']}"


def _centers(features: Sequence[Record], centers: Sequence[Record]) -> Picture:
    axis = {one["feature"]: f"{FEATURES.get(one['feature'], (one['feature'],))[0]} "
                            f"({natural(one['feature'], one['typical'])})" for one in features}
    rows = [{"segment": f"{_named(center)}: {center['n_learners']:,} learners, {center['share']:.0%}",
             "feature": axis[name], "z": z, "value": natural(name, center["typical"][name])}
            for center in centers for name, z in center["scaled"].items()]
    title = f"{len(centers)} segments, at their centres" if len(centers) > 1 else "One segment: no groups were found"
    description = (
        "Each dot is the centre of a segment, and the number beside it is the same value in natural units. 0 is the "
        "median learner, whose values are in brackets; the unit is a robust standard deviation.")
    reach = max(REACH, *(math.ceil(abs(row["z"])) for row in rows))
    steps = [step - reach for step in range(round(2 * reach) + 1)]  # 0, the median, among them
    place = {"field": "z", "type": "quantitative", "title": "robust standard deviations from the median learner",
             "scale": {"domain": [-reach, reach]}, "axis": {"values": steps, "labelFlush": False}}
    names = {"field": "feature", "type": "nominal", "title": "feature (median learner)", "sort": list(axis.values()),
             "axis": {"labelLimit": 280}}
    both = {"x": place, "y": names}
    spec = {
        "data": {"values": rows}, "columns": 2,
        "facet": {"field": "segment", "title": None, "sort": [row["segment"] for row in rows],
                  "header": {"labelColor": style.INK, "labelFontSize": 12, "labelAnchor": "start"}},
        "spec": {"width": 260, "height": 22 * len(axis), "layer": [
            {"mark": {"type": "rule", "color": style.SOFT, "strokeDash": [3, 3]}, "encoding": {"x": {"datum": 0}}},
            {"mark": {"type": "bar", "size": 2, "color": style.MAIN}, "encoding": both},
            {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": style.MAIN},
             "encoding": both},
            *(_values(both, side) for side in ("left", "right"))]}}
    return Picture("centers", title, description, style.svg(spec, title, description))


def _values(encoding: style.Spec, side: str) -> style.Spec:
    """Write the natural values on the far side of their dots, of those left or right of the median."""
    left = side == "left"
    return {"transform": [{"filter": f"datum.z {'<' if left else '>='} 0"}],
            "mark": {"type": "text", "align": "right" if left else "left", "dx": -8 if left else 8, "fontSize": 11,
                     "color": style.INK},
            "encoding": {**encoding, "text": {"field": "value"}}}


def _choice(table: Sequence[Record], chosen: int) -> Picture:
    title = f"Why {chosen} segment{'s' if chosen > 1 else ''}"
    description = (
        f"{why(table, chosen)} Above: by how many standard errors the next candidate is tighter than populations "
        "without groups, one per cluster, would let it be; beyond the dash it wins. Below: the share of the smallest "
        "cluster and the smallest mean Jaccard similarity over bootstrap samples, with what the fit requires of a "
        "candidate (dashes). The vertical line marks the choice.")
    mark = {"mark": {"type": "rule", "color": style.SOFT}, "encoding": {"x": {"datum": chosen, "type": "ordinal"}}}
    of_k = {"field": "k", "type": "ordinal", "title": "number of segments k",
            "scale": {"domain": [row["k"] for row in table]}, "axis": {"labelAngle": 0, "labelAlign": "center"}}
    own = dict.fromkeys(("color", "shape", "strokeDash"), "independent")
    parts = ([_comparisons(table, mark, of_k)] if _compared(table) else []) + [_shares(table, mark, of_k)]
    return Picture("choice", title, description,
                   style.svg({"vconcat": parts, "resolve": {"scale": own}}, title, description))


def why(table: Sequence[Record], chosen: int) -> str:
    """Say in a sentence or two why `chosen` is the number of segments; nothing of runs under the older rule."""
    if table and "rival_errors" not in table[0]:
        return "This run chose by an older rule, whose evidence is not shown."
    found = [f"{row['rival_k']} {_verdict(row)} {row['k']} ({row['rival_errors']:.1f} standard errors, needs "
             f"{row['errors_needed']:.3g})" for row in _compared(table)]
    if not any(row["is_candidate"] for row in table if row["k"] > chosen):
        found.append(f"no larger number is stable in clusters that hold {LEAST['smallest share']:.0%}")
    return f"{'; '.join(found).capitalize()}."


def _verdict(row: Record) -> str:
    return "beats" if row["rival_errors"] > row["errors_needed"] else "does not beat"


def _compared(table: Sequence[Record]) -> list[Record]:
    """Return the rows that were held against larger candidates, in the order of k."""
    return [row for row in table if row.get("rival_errors") is not None]


def _comparisons(table: Sequence[Record], mark: style.Spec, of_k: style.Spec) -> style.Spec:
    """Draw each comparison with a larger candidate, in standard errors, and how many it needs."""
    rows = [{"k": row["k"], "errors": row["rival_errors"], "needed": row["errors_needed"],
             "label": f"{row['rival_k']} against {row['k']}: {row['rival_errors']:.1f}"} for row in _compared(table)]
    errors = {"field": "errors", "type": "quantitative", "title": "standard errors of the rival"}
    both = {"x": of_k, "y": errors}
    least = {"mark": {"type": "tick", "width": 24, "color": style.ALARM},
             "encoding": {"x": of_k, "y": {**errors, "field": "needed"}}}
    return {"width": 520, "height": 190, "data": {"values": rows}, "layer": [
        mark, least,
        {"mark": {"type": "bar", "size": 2, "color": style.MAIN}, "encoding": both},
        {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": style.MAIN}, "encoding": both},
        {"mark": {"type": "text", "dx": 8, "align": "left", "fontSize": 11, "color": style.INK},
         "encoding": {**both, "text": {"field": "label"}}}]}


def _shares(table: Sequence[Record], mark: style.Spec, of_k: style.Spec) -> style.Spec:
    """Draw what makes a k a candidate: stability and size of the weakest cluster."""
    rows = [{"k": row["k"], "what": what, "value": row[key]} for row in table
            for what, key in zip(LEAST, ("jaccard", "smallest_share"), strict=True)]
    value = {"field": "value", "type": "quantitative", "title": "similarity, share", "scale": {"domain": [0, 1]}}
    return {"width": 520, "height": 150, "data": {"values": rows}, "layer": [
        mark,
        *({"mark": {"type": "rule", "strokeDash": [2, 4], "color": style.SOFT}, "encoding": {"y": {"datum": least}}}
          for least in LEAST.values()),
        {"mark": {"type": "line", "point": {"size": 60, "filled": True}},
         "encoding": {"x": of_k, "y": value, **_series("what", list(LEAST))}}]}


def _series(field: str, names: list[str]) -> style.Spec:
    """Make two series differ in colour, dash and shape at once."""
    looks = {"color": [style.MAIN, style.ALARM], "strokeDash": [[1, 0], [6, 3]], "shape": ["circle", "square"]}
    return {channel: {"field": field, "type": "nominal", "title": None, "scale": {"domain": names, "range": values}}
            for channel, values in looks.items()}


def _transitions(identity: Record, centers: Sequence[Record]) -> Picture:
    title = "Where the learners of the previous run are now"
    description = (f"Learners in both runs: {identity['n_shared']:,}; {identity['n_new']:,} new, "
                   f"{identity['n_left']:,} left. Adjusted Rand index {identity['adjusted_rand']:.2f}. "
                   "A square's area is the share of its row.")
    labels = {center["segment_id"]: _named(center) for center in centers}
    totals: dict[int, int] = {}
    for move in identity["transitions"]:
        totals[move["from_segment_id"]] = totals.get(move["from_segment_id"], 0) + move["n_learners"]
    rows = [{"before": labels.get(move["from_segment_id"], str(move["from_segment_id"])),
             "now": labels[move["to_segment_id"]], "share": move["n_learners"] / totals[move["from_segment_id"]],
             "label": f"{move['n_learners']:,} ({move['n_learners'] / totals[move['from_segment_id']]:.0%})"}
            for move in identity["transitions"]]
    places = {"x": {"field": "now", "type": "nominal", "title": "now", "axis": {"labelAngle": 0, "labelLimit": 165}},
              "y": {"field": "before", "type": "nominal", "title": "before", "axis": {"labelLimit": 240}}}
    size = {"field": "share", "type": "quantitative", "legend": None, "scale": {"domain": [0, 1], "range": [0, 1400]}}
    spec = {"width": {"step": 170}, "height": {"step": 64}, "data": {"values": rows}, "layer": [
        {"mark": {"type": "square", "filled": True, "opacity": 1, "color": style.BAND},
         "encoding": {**places, "size": size}},
        {"mark": {"type": "text", "color": style.INK, "fontSize": 12},
         "encoding": {**places, "text": {"field": "label"}}}]}
    return Picture("transitions", title, description, style.svg(spec, title, description))
