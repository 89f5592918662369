"""Dates and times as Postgres has them: Python knows neither infinity nor a year before 1 or after 9999."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import DataError
from psycopg.abc import Buffer
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from python_models.warehouse.connection import Connection


def read_all_moments(connection: Connection) -> None:
    """Let `connection` return dates and timestamps that Python does not know as the text that Postgres has for them."""
    for name, loader in (("date", _Date), ("timestamp", _Timestamp), ("timestamptz", _Timestamptz)):
        connection.adapters.register_loader(name, loader)


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
