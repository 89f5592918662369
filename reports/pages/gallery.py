"""A page of pictures: one self-contained HTML file, and each picture as an SVG file beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from reports.charts.picture import Picture
from reports.pages.environment import PAGES


def write(folder: Path, heading: str, pictures: Sequence[Picture]) -> Path:
    """Write `pictures` into `folder`, made if it is missing; return the page, `index.html`.

    Files are named from the pictures' names, of which only letters, digits, dots and dashes are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        name = re.sub(r"[^\w.-]+", "_", picture.name)
        (folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
    shown = [(picture, Markup(picture.svg)) for picture in pictures]  # drawn and escaped by us
    page = folder / "index.html"
    page.write_text(PAGES.get_template("plots.html").render(heading=heading, pictures=shown), encoding="utf-8")
    return page
