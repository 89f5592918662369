"""Parses the text of a file into what Postgres reads; a value that cannot be read becomes a problem of its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from python_models.answers.findings import COLUMNS, Chunk, Findings

INT4 = range(-(2**31), 2**31)
# pandas writes booleans as "1.0" when the column has gaps.
FLAGS = {"1": "t", "1.0": "t", "true": "t", "t": "t", "yes": "t",
         "0": "f", "0.0": "f", "false": "f", "f": "f", "no": "f"}


def parse_chunk(chunk: Chunk, findings: Findings) -> str:
    """Parse a chunk; return it as CSV for COPY, its line first. Values that cannot be read are problems."""
    columns: list[Sequence[Any]] = [chunk.lines]
    for name in COLUMNS:
        values = chunk.columns.get(name)
        columns.append([None] * len(chunk.lines) if values is None
                       else _parsed_column(name, values, chunk.lines, findings))
    block = io.StringIO(newline="")
    csv.writer(block, lineterminator="\n").writerows(zip(*columns, strict=True))
    return block.getvalue()


def _parsed_column(name: str, values: Sequence[str], lines: Sequence[int], findings: Findings) -> Sequence[Any]:
    parse = PARSERS[name]
    try:
        parsed = [parse(value) for value in values]
    except ValueError:  # some value is unreadable: find out which
        for line, value in zip(lines, values, strict=True):
            try:
                parse(value)
            except ValueError as reason:
                findings.add(line, f"{name} {value[:60]!r} {reason}")
        return [None] * len(values)
    if name == "completed_at":
        findings.without_zone += sum(1 for value in parsed if value and value.endswith("Z"))
    return parsed


def _text(value: str) -> str | None:
    if "\0" in value:
        raise ValueError("holds a NUL character")
    return value or None


@lru_cache(maxsize=256)
def _flag(value: str) -> str | None:
    if not value.strip():
        return None
    if value.strip().lower() not in FLAGS:
        raise ValueError("is not a boolean (1/0, true/false, t/f, yes/no)")
    return FLAGS[value.strip().lower()]


@lru_cache(maxsize=65_536)
def _integer(value: str) -> int | None:
    text = value.strip()
    if not text:
        return None
    whole, _, fraction = text.partition(".")
    digits = whole.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or fraction.strip("0"):
        raise ValueError("is not a whole number")
    if len(digits) > 20 or int(whole) not in INT4:
        raise ValueError("is out of range (32-bit integer)")
    return int(whole)


def _moment(value: str) -> str | None:
    """Return the moment in UTC, as ISO 8601 ending in +00:00, or in Z where the file has no time zone."""
    text = value.strip().upper()
    if not text:
        return None
    try:
        if "T" not in text and " " not in text:
            raise ValueError
        moment = datetime.fromisoformat(text)
        if len(text) == 20 and text[19] == "Z" and text[4] == text[7] == "-" and text[13] == text[16] == ":":
            return text[:19] + "+00:00"  # the usual format: formatting it again would cost more than everything else
        if moment.tzinfo is None:
            return moment.isoformat() + "Z"
        return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()
    except (ValueError, OverflowError):
        raise ValueError("is not an ISO 8601 date and time such as 2026-01-31T08:00:00Z") from None


PARSERS: dict[str, Callable[[str], Any]] = {
    "user_id": _text, "item_id": _text, "topic_id": _text, "session_id": _text, "correct": _flag,
    "completed_at": _moment, "response_time_ms": _integer, "hints": _integer}
