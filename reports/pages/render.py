"""Turns a record into one self-contained HTML page: a pure function of the record, the school and the languages.

Values from outside (ids, topics, questions) are text: Jinja2 escapes them, and the filter `text` isolates their writing
direction from the words around them and shows characters that would reorder or hide text. Questions lose their markup
first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from reports.content.classroom import class_content
from reports.content.learner import learner_content
from reports.content.sentences import Z_90
from reports.pages.classroom import ClassPage
from reports.pages.environment import PAGES
from reports.pages.learner import LearnerPage
from reports.pages.question_text import readable
from reports.pages.words import Words
from reports.sources.class_records import ClassRecord
from reports.sources.records import LearnerRecord, School

# Controls, and what reorders text beyond its own letters (Unicode Standard Annex 9, explicit formatting).
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")


def text(value: object) -> Markup:
    """Return `value` as escaped text with a direction of its own; invisible controls are shown by their number."""
    shown = UNSEEN.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", str(value))
    return Markup("<bdi>{}</bdi>").format(shown)


def question(content: str, longest: int) -> Markup:
    """Return a question's readable text, at most `longest` characters and an ellipsis, as `text`."""
    shown = readable(content)
    return text(shown if len(shown) <= longest else shown[:longest].rstrip() + "…")


PAGES.filters["text"] = text
PAGES.filters["question"] = question
PAGES.globals["z"] = Z_90


def page(record: LearnerRecord | ClassRecord, school: School, languages: Sequence[str]) -> str:
    """Return the report of a learner or a class, in each of `languages` one after the other in one page."""
    pages: list[LearnerPage] | list[ClassPage]
    if isinstance(record, ClassRecord):
        of_class = class_content(record, school)
        pages, template = [ClassPage(Words(language), school, of_class) for language in languages], "class.html"
    else:
        of_learner = learner_content(record, school)
        pages, template = [LearnerPage(Words(language), school, of_learner) for language in languages], "learner.html"
    return PAGES.get_template(template).render(pages=pages, title=pages[0].title)
