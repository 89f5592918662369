"""Charts as SVG: Vega-Lite specifications drawn by vl-convert, in one look that survives grey and colour-blindness.

Colour alone never carries meaning: series differ in dash, marks in shape, and both are named in the legend.
Colours are CSS variables with a fallback, so a page may redefine them for the dark or for print.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import vl_convert

Spec = dict[str, Any]
# Vega gives its frames these even without `aria`; they have no name, so a screen reader would announce nothing.
GRAPHICS_ROLE = re.compile(r' role="graphics-[a-z]+"| aria-roledescription="[^"]*"')

VEGA_LITE = "5.20"
INK, SOFT = "var(--chart-ink, #1b1b1b)", "var(--chart-soft, #6b6b6b)"
GRID, BAND = "var(--chart-grid, #dedede)", "var(--chart-band, #9fb8d1)"
# Blue and orange keep apart for every common colour blindness (Okabe and Ito, 2008) and in lightness.
MAIN, ALARM = "var(--chart-main, #0b4f8a)", "var(--chart-alarm, #b34700)"

LOOK: Spec = {
    "aria": False,  # the picture has one name and one description; Vega's own names of every mark say no more
    "background": None,
    "font": "inherit",
    "view": {"stroke": None},
    "axis": {"labelColor": INK, "titleColor": INK, "domainColor": SOFT, "tickColor": SOFT, "gridColor": GRID,
             "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "orient": "bottom"},
    "title": {"color": INK, "subtitleColor": SOFT, "anchor": "start", "fontSize": 13, "subtitleFontSize": 11},
}


def svg(spec: Spec, title: str, description: str) -> str:
    """Draw a Vega-Lite `spec` as one <svg> element with `title` and `description` for readers who cannot see it.

    Widths and heights of the spec are pixels. Raises ValueError where Vega-Lite refuses the spec.
    """
    drawn: str = vl_convert.vegalite_to_svg({"config": LOOK, **spec}, vl_version=VEGA_LITE)
    return labelled(drawn, title, description)


def labelled(drawn: str, title: str, description: str) -> str:
    """Return a drawn <svg> with `title` and `description` for readers who cannot see it."""
    labels = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    unnamed = re.sub(r"<g [^>]*>", lambda group: GRAPHICS_ROLE.sub("", group[0]), drawn)
    return re.sub(r"<svg ([^>]*)>", lambda found: f'<svg role="img" aria-label="{escape(title)}" {found[1]}>{labels}',
                  unnamed, count=1)
