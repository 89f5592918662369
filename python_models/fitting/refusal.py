"""What a service says when it refuses, as one plain line; the wire has JSON, and a proxy may answer with a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from python_models.figures import readable

LONGEST = 400  # characters of a line; a service may list a thousand bad rows
SHOWN = 5  # facts, or entries of a list
WHERE = ("table", "column", "row")  # of a problem with the input, as r-services/fitservice lists them


def read(body: bytes, status: int) -> tuple[str, str]:
    """Return (stable error code, message with its facts in words) of a refusal: {"error": {code, message, detail}}.

    The code of an answer of another form is its HTTP status.
    """
    text = body.decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        return str(status), _one_line(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", text, flags=re.S)) or "no reason"
    error = document.get("error", document) if isinstance(document, dict) else document
    if not isinstance(error, dict) or "message" not in error:
        return str(status), _one_line(_words(error)) or "no reason"
    detail = error.get("detail")
    facts = _words(detail) if detail else ""
    message = _one_line(_words(error["message"]))
    said = f"{message.rstrip('.')} ({facts})." if facts else message
    return _one_line(str(error.get("code", status))), _one_line(said)


def _words(value: object) -> str:
    """Return a JSON value in words: facts as "name value", a list of problems by their places."""
    if isinstance(value, Mapping):
        if isinstance(value.get("problems"), list):
            return "; ".join(_shortened([_problem(one) for one in value["problems"]], value.get("n_problems")))
        return ", ".join(_shortened([f"{name} {_words(held)}" for name, held in value.items() if held is not None]))
    if isinstance(value, list):
        return ", ".join(_shortened([_words(held) for held in value]))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "nothing"}[value]
    return readable(value) if isinstance(value, int | float) else str(value)


def _problem(problem: object) -> str:
    if not isinstance(problem, Mapping):
        return _words(problem)
    place = " ".join(f"{name} {problem[name]}" for name in WHERE if problem.get(name) is not None)
    return ": ".join(part for part in (place, str(problem.get("problem", ""))) if part)


def _shortened(parts: list[str], total: object = None) -> Iterator[str]:
    """Yield the first parts, then how many there are besides."""
    yield from parts[:SHOWN]
    more = (total if isinstance(total, int) else len(parts)) - len(parts[:SHOWN])
    if more > 0:
        yield f"and {more:,} more"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST - 4].rstrip()} ..."
