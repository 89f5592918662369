"""All words of the reports, one catalogue per language: `en.toml`, `ko.toml`, with the same keys."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("en", "ko")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the words of a language by dotted key."""
    text = Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text)))


class Words:
    """The words of one language by key, and dates and numbers as its readers write them."""

    def __init__(self, language: str) -> None:
        """Take one of LANGUAGES."""
        self.language, self.locale, self.texts = language, Locale(language), catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the words under `key` with `values` put in. Raises KeyError for a key that is in no catalogue."""
        return self.texts[key].format(**values)

    def counted(self, key: str, number: float, **values: object) -> str:
        """Return the words `counted.KEY` in the plural form that `number`, rounded to whole, takes in the language."""
        number = round(number)
        return self(f"counted.{key}.{self.locale.plural_form(number)}", n=self.whole(number), **values)

    def has(self, key: str) -> bool:
        """Return whether there are words under `key`."""
        return key in self.texts

    def date(self, day: datetime.date) -> str:
        """Return a day with its year."""
        return str(format_date(day, "long", self.locale))

    def weekday(self, day: datetime.date) -> str:
        """Return a weekday and day of the month, short."""
        return str(format_date(day, self("date.weekday"), self.locale))

    def span(self, first: datetime.date, last: datetime.date) -> str:
        """Return an interval of days."""
        return str(format_interval(first, last, "yMMMd", locale=self.locale))

    def percent(self, share: float) -> str:
        """Return a share as whole percent; a share near 0 or 1 is shown as under 1% or over 99%."""
        if 0 < share < 0.01 or 0.99 < share < 1:
            bound = format_percent(0.01 if share < 0.5 else 0.99, "0%", self.locale)
            return self("number.below" if share < 0.5 else "number.above", bound=bound)
        return str(format_percent(share, "0%", self.locale))

    def chance(self, probability: float) -> str:
        """Return a probability as whole percent; it is an estimate, so it is never 0% or 100%."""
        return self.percent(min(max(probability, 1e-9), 1 - 1e-9))

    def signed(self, number: float) -> str:
        """Return a number with its sign and two digits."""
        return str(format_decimal(round(number, 2) + 0.0, "+0.00;-0.00", self.locale))

    def whole(self, number: float) -> str:
        """Return a whole number."""
        return str(format_decimal(round(number), "#,##0", self.locale))

    def points(self, theta: float) -> str:
        """Return a level on the scale of the reports: 500 + 100 theta, in tens."""
        return str(round(50 + 10 * theta) * 10)

    def step(self, theta: float) -> str:
        """Return the size of a difference between levels in whole points; a smaller one is under one point."""
        if round(abs(100 * theta)) == 0:
            return self("number.below", bound=self.counted("point", 1))
        return self.counted("point", abs(100 * theta))


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, str(value)
