"""The short version of a learner's week for the family, in one language: praise, one number, what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from reports.content.topics import Practice
from reports.pages.foreign import line, text
from reports.pages.learner import LearnerPage

MOST = 3  # things to do
LINE = 78  # columns of a line of text, as RFC 5322 asks of mail
INDENT = "   "  # of what follows the first line of a thing to do
ENTRY = re.compile(r"[1-9]\. ")


@dataclass(frozen=True)
class Brief:
    """A short version in all its languages: its title, HTML without style sheets, and text in lines of LINE columns."""

    title: str
    html: str
    text: str


@dataclass(frozen=True)
class Todo:
    """A thing to do: the key of its words, and the text from outside in them; `question` is shown below."""

    key: str
    foreign: Mapping[str, str] = field(default_factory=dict)
    question: str = ""


@dataclass
class BriefPage(LearnerPage):
    """A learner's short version in one language."""

    @property
    def todos(self) -> list[Todo]:
        """One to MOST things to do: questions to practise, and one habit where there is one to name."""
        habits = [Todo(f"segment.advice_for.{self.advice}")] if self.advice else []
        if not self.content.answers and not self.content.is_finished:
            habits = [Todo("brief.todo.day")]
        practise = [_practise(item) for item in self.content.practice]
        if not practise:
            practise = [Todo("brief.todo.repeat")]
        return [*practise[:MOST - len(habits)], *habits]

    def marked(self, todo: Todo) -> Markup:
        """Return a thing to do as HTML."""
        words = Markup(self.words.texts[todo.key])  # ours, so safe; what is put in is escaped
        return words.format(**{name: text(value) for name, value in todo.foreign.items()})

    def plain(self, todo: Todo) -> str:
        """Return a thing to do as text."""
        return self.words(todo.key, **{name: line(value) for name, value in todo.foreign.items()})


def _practise(item: Practice) -> Todo:
    if item.topic_id is None:
        return Todo("brief.todo.practise", {"item": item.item_id}, item.content or "")
    return Todo("brief.todo.practise_topic", {"item": item.item_id, "topic": item.topic_id}, item.content or "")


def wrapped(words: str) -> str:
    """Return text with its lines broken after LINE columns at most; a wide letter, such as of Hangul, takes two."""
    return "".join(f"{broken}\n" for paragraph in words.splitlines() for broken in _lines(paragraph))


def _lines(paragraph: str) -> Iterator[str]:
    """Break one line between words; an entry of a list, and what stands below it, keep their indent."""
    indent = INDENT if paragraph.startswith(INDENT) or ENTRY.match(paragraph) else ""
    current = INDENT if paragraph.startswith(INDENT) else ""
    for piece in (piece for word in paragraph.split() for piece in _pieces(word)):
        longer = f"{current} {piece}" if current.strip() else current + piece
        if current.strip() and columns(longer) > LINE:
            yield current
            longer = indent + piece
        current = longer
    yield current


def _pieces(word: str) -> Iterator[str]:
    """Cut a word that is wider than a line, such as a long id."""
    piece = ""
    for letter in word:
        if columns(piece + letter) > LINE - len(INDENT):
            yield piece
            piece = ""
        piece += letter
    yield piece


def columns(line: str) -> int:
    """Return how many columns of a terminal `line` takes (Unicode Standard Annex 11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)
