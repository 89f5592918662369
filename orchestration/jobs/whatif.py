"""Replays history with other settings, next to the current ones, and writes nothing to the warehouse.

The manifest says which of two ways answers a question. A setting that only models after the fits read takes one query
on what was published. A setting that a fit reads, as a parameter or in a model above it, takes a replay: the fit is
made again as of past days, in a second warehouse that is dropped at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import psycopg
from psycopg import sql

from orchestration.graph.affected_fits import Affected, affected_by
from orchestration.jobs.pipeline import Pipeline, Step
from orchestration.jobs.replay import dbt_apart, replay
from orchestration.settings import Settings, read_settings
from python_models.errors import UsageError
from python_models.warehouse.connection import Connection, advisory_lock, connect

# Each measure over some days, given the SQL of a model of its parts.
TOTALS = """
    with measures as ({query})
    select fit, measure,
        case when count(denominator) > 0 then sum(numerator) / nullif(sum(denominator), 0) else sum(numerator) end,
        count(denominator) = 0
    from measures where measured_on between %(first)s and %(last)s group by 1, 2 order by 1, 2"""

RUNS = """
    select fit, 'runs ' || status, count(*), true from fit_run
    where as_of between %(first)s and %(last)s and fit = any(%(fits)s) group by 1, 2 order by 1, 2"""


@dataclass(frozen=True)
class Total:
    """A measure over all days asked for. Without any row a count is 0 and a share is unknown."""

    value: float
    is_count: bool


Totals = dict[tuple[str, str], Total]  # by fit and measure


@dataclass
class Comparison:
    """Totals with the current settings and with the changed ones; the last day whose outcomes are known."""

    current: Totals
    changed: Totals
    history_end: date
    days: Sequence[date] = ()
    refits: Sequence[str] = ()

    def rows(self) -> list[list[object]]:
        """Return (fit, measure, current, changed, difference) of the fits that the settings affect."""
        keys = dict.fromkeys([*self.current, *self.changed])
        rows = [(*key, _value(self.current, key, self.changed), _value(self.changed, key, self.current))
                for key in keys]
        affected = set(self.refits) or {fit for fit, _, before, after in rows if before != after}
        return [[fit, measure, before, after, None if before is None or after is None else after - before]
                for fit, measure, before, after in rows if not affected or fit in affected]


@dataclass
class WhatIf:
    """One question to one warehouse: what if these settings had been given, over these days?"""

    pipeline: Pipeline
    given: Mapping[str, str]
    first: date
    last: date
    days: Sequence[date]
    on_step: Callable[[Step], None] = lambda step: None

    def answer(self) -> Comparison:
        """Return the comparison. Raises UsageError for a setting whose effect no replay can show."""
        current, changed = self.pipeline.settings, self._changed()
        end = _history_end(self.pipeline.database_url, current.dbt_schema)
        if self.last > end:
            raise UsageError(f"Outcomes are known until {end} only.", "choose an earlier --to.")
        affected = affected_by(dbt_apart(current, self.pipeline.database_url, end).parse(), list(self.given))
        names = [fit.name for fit in affected.refits]
        with connect(self.pipeline.database_url, autocommit=True) as guard, \
                advisory_lock(guard, f"dreamseed.whatif.{current.dbt_schema}", current.lock_wait_secs):
            before, after = (
                self._replay(settings, side, end, affected) if names else self._query(settings, end, affected)
                for side, settings in (("current", current), ("changed", changed)))
        return Comparison(before, after, end, self.days if names else (), names)

    def _changed(self) -> Settings:
        settings = self.pipeline.settings
        for name in self.given:
            settings.value(name)  # raises UsageError, with the names of all settings, if there is none of this name
        checked = read_settings(**{name.lower(): value for name, value in self.given.items()})
        update = {name.lower(): checked.value(name) for name in self.given}
        same = [name for name in self.given if update[name.lower()] == settings.value(name)]
        if same:
            raise UsageError(f"{same[0]} is {settings.value(same[0])} already: there is nothing to compare.",
                             "give another value.")
        return settings.model_copy(update=update)

    def _query(self, settings: Settings, end: date, affected: Affected) -> Totals:
        """Ask what is published, in a read-only transaction, by the measuring model's SQL for these settings."""
        query = dbt_apart(settings, self.pipeline.database_url, end).compiled(affected.measured_by)
        with connect(self.pipeline.database_url, settings.dbt_schema) as connection:
            connection.read_only = True
            return self._totals(connection, query)

    def _replay(self, settings: Settings, side: str, end: date, affected: Affected) -> Totals:
        """Make the fits again as of each day in the second warehouse, and measure there."""
        names = [fit.name for fit in affected.refits]
        with replay(self.pipeline, settings, names, self.days[0]) as second:
            for day in self.days:
                for name in names:
                    step = second.refit(second.manifest.fit(name), day)
                    self.on_step(replace(step, name=f"{side} {step.name}"))
            second.build(second.manifest.model_id(affected.measured_by), end)
            with connect(second.database_url, second.settings.dbt_schema) as connection:
                runs = connection.execute(RUNS, {"first": self.first, "last": self.last, "fits": names}).fetchall()
                query = sql.SQL("select * from {}").format(sql.Identifier(affected.measured_by)).as_string(connection)
                return _by_measure(runs) | self._totals(connection, query)

    def _totals(self, connection: Connection, query: str) -> Totals:
        try:
            rows = connection.execute(TOTALS.format(query=query.replace("%", "%%")).encode(),
                                      {"first": self.first, "last": self.last}).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise UsageError("Models that a replay reads are not built yet.", "run `dreamseed run` first.") from error
        return _by_measure(rows)


def _by_measure(rows: Iterable[tuple[object, ...]]) -> Totals:
    return {(str(fit), str(measure)): Total(float(str(value)), bool(is_count))
            for fit, measure, value, is_count in rows if value is not None}


def _value(totals: Totals, key: tuple[str, str], other: Totals) -> float | None:
    if key in totals:
        return totals[key].value
    return 0.0 if other[key].is_count else None


def _history_end(database_url: str, schema: str) -> date:
    with connect(database_url, schema) as connection:
        found = connection.execute("select max(as_of) from build_mark").fetchone()
    if found is None or not isinstance(found[0], date):
        raise UsageError("Nothing is built yet, so there is no history to replay.", "run `dreamseed run` first.")
    return found[0]
