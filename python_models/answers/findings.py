"""A chunk of a file of answers, and what is wrong with the file."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from python_models.errors import BadFile

COLUMNS = ("user_id", "item_id", "topic_id", "correct", "completed_at", "response_time_ms", "hints", "session_id")
REQUIRED = ("user_id", "item_id", "correct", "completed_at")
SHOWN_PROBLEMS = 5


@dataclass
class Chunk:
    """Some records of the file: the line (CSV) or row (Parquet) of each, and its fields as text by column."""

    lines: Sequence[int]
    columns: Mapping[str, Sequence[str]]


@dataclass
class Findings:
    """What is wrong with a file (the first few problems and their number), and notices about it."""

    name: str
    place: str = "line"
    problems: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0
    without_zone: int = 0
    notices: list[str] = field(default_factory=list)

    def add(self, line: int, problem: str) -> None:
        """Count a problem of `line`; the texts of the first few lines are kept."""
        self.count += 1
        if len(self.problems) < SHOWN_PROBLEMS or line < self.problems[-1][0]:
            insort(self.problems, (line, f"{self.place} {line}: {problem}"))
            del self.problems[SHOWN_PROBLEMS:]

    def raise_if_any(self) -> None:
        """Raise `BadFile` with the first problems and their number; a file without problems passes."""
        if self.count:
            more = f"; {self.count - len(self.problems)} more" if self.count > len(self.problems) else ""
            raise BadFile(f"{self.name} has {self.count} problem(s), nothing was loaded: "
                          f"{'; '.join(text for _, text in self.problems)}{more}.",
                          "correct these values and load the file again.")
