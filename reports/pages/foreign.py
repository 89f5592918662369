"""Text from outside (ids, topics, questions) as it is shown: it stays text, in the direction of its own script."""

from __future__ import annotations

import re

from markupsafe import Markup

from reports.pages.question_text import readable

# Controls, and what reorders text beyond its own letters (Unicode Standard Annex 9, explicit formatting).
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")


def visible(value: object) -> str:
    """Return `value` as plain text; invisible controls are shown by their number."""
    return UNSEEN.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", str(value))


def line(value: object) -> str:
    """Return `value` as one line of plain text: an id cannot begin a line of its own in a mail."""
    return " ".join(visible(value).split())


def text(value: object) -> Markup:
    """Return `value` as escaped text with a direction of its own; invisible controls are shown by their number."""
    return Markup("<bdi>{}</bdi>").format(visible(value))


def shortened(content: str, longest: int) -> str:
    """Return the readable text of a question in HTML or LaTeX: at most `longest` letters, then an ellipsis."""
    shown = readable(content)
    return shown if len(shown) <= longest else shown[:longest].rstrip() + "…"
