"""Turns a record into one self-contained HTML page: a pure function of the record, the school and the languages.

Values from outside (ids, topics, questions) are text: Jinja2 escapes them, and the filter `text` isolates their writing
direction from the words around them and shows characters that would reorder or hide text. Questions lose their markup
first.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.content.classroom import class_content
from reports.content.learner import learner_content
from reports.content.sentences import Z_90
from reports.pages.brief import Brief, BriefPage, wrapped
from reports.pages.classroom import ClassPage
from reports.pages.environment import PAGES
from reports.pages.foreign import line, shortened, text
from reports.pages.learner import LearnerPage
from reports.pages.words import Words
from reports.sources.class_records import ClassRecord
from reports.sources.records import LearnerRecord, School

PAGES.filters |= {"text": text, "line": line, "shortened": shortened}
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


def brief(record: LearnerRecord, school: School, languages: Sequence[str]) -> Brief:
    """Return the family's short version of a learner's report: HTML that mail programs show, and plain text."""
    content = learner_content(record, school)
    pages = [BriefPage(Words(language), school, content) for language in languages]
    shown = {"pages": pages, "title": pages[0].title}
    return Brief(pages[0].title, PAGES.get_template("brief.html").render(shown),
                 wrapped(PAGES.get_template("brief.txt").render(shown)))
