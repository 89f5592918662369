"""Values of Postgres as text that other programs read: a cell of CSV, a value of JSON.

JSON, arrays included, is what Postgres's own `to_jsonb` gives; tests/warehouse/test_values.py compares the two.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TextIO

from psycopg import DataError
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

from python_models.warehouse.connection import Connection

# Python has no type for these, or one that holds less: an interval of a month has no number of days.
AS_TEXT = ("interval", "time", "timetz", "bytea", "uuid", "inet", "cidr", "record",
           "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange",
           "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange")


class JsonText(str):
    """A value that is JSON already, as Postgres printed it: no digit of it is lost."""

    __slots__ = ()


def read_exactly(connection: Connection) -> None:
    """Let `connection` return every value without loss: what Python cannot hold comes as the text that Postgres has.

    Python knows neither a date of infinity nor a year before 1 or after 9999.
    """
    loaders: dict[str, type[Loader]] = {"date": _Date, "timestamp": _Timestamp, "timestamptz": _Timestamptz,
                                        "json": _Json, "jsonb": _Json, **dict.fromkeys(AS_TEXT, TextLoader)}
    for name, loader in loaders.items():
        connection.adapters.register_loader(name, loader)


def json_text(value: object) -> str:
    """Return `value` as JSON. A number that JSON does not have, such as NaN, becomes its name as text.

    Raises TypeError for a value of a type that no command shows.
    """
    match value:
        case JsonText():
            text = str(value)
        case None | bool() | int() | str():
            text = json.dumps(value, ensure_ascii=False)
        case float() | Decimal():
            text = _number(value)
        case date():  # a datetime is one, too
            text = json.dumps(value.isoformat())
        case Mapping():
            text = "{" + ", ".join(f"{json_text(str(key))}: {json_text(held)}" for key, held in value.items()) + "}"
        case Sequence():
            text = "[" + ", ".join(map(json_text, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON.")
    return text


def csv_cell(value: object) -> str:
    """Return `value` as a cell of CSV: null is empty, text is itself, everything else is JSON without quotes."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    text = json_text(value)
    return str(json.loads(text)) if text.startswith('"') else text


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]], target: TextIO) -> None:
    """Write a header and rows to `target`; lines end with a line feed alone, as shells want them."""
    plain = csv.writer(target, lineterminator="\n")
    quoted = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in ([*columns], *([csv_cell(value) for value in row] for row in rows)):
        # The writer does not see that a carriage return needs quotes where lines end without one.
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)


def _number(value: float | Decimal) -> str:
    if math.isfinite(value):
        return str(value)
    name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return json.dumps(name)


class _Json(Loader):
    def load(self, data: Buffer) -> JsonText:
        return JsonText(bytes(data).decode())


def _loaded_or_text(load: Callable[[Buffer], object], data: Buffer) -> Any:  # noqa: ANN401 - a moment, or its text
    try:
        return load(data)
    except DataError:
        return bytes(data).decode()


class _Date(DateLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401
        return _loaded_or_text(super().load, data)


class _Timestamp(TimestampLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401
        return _loaded_or_text(super().load, data)


class _Timestamptz(TimestamptzLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401
        return _loaded_or_text(super().load, data)
