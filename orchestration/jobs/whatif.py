"""Replays history for other settings, beside those in force, and writes nothing to the warehouse.

Two ways, told apart by the manifest. A setting that is only read after the fits is one query on what was published. A
setting that a fit reads (as a parameter, or in a model that feeds it) needs the fit to be made again as of past days:
that is a backfill in a scratch copy of the warehouse, which is dropped at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from orchestration.dbt import Dbt
from orchestration.graph.affected_fits import AffectedFits, affected_fits, needed
from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline, Step
from orchestration.settings import Settings, read_settings
from python_models.errors import NotEstimable, UsageError
from python_models.fitting.fit import Fit
from python_models.warehouse.connection import Connection, advisory_lock, connect
from python_models.warehouse.scratch import Scratch, scratch_copy

NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

# What a measure says over some days; `query` is the model's own SQL.
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
    """What a measure comes to; of a count nothing found is 0, of a share it is not known."""

    value: float
    is_count: bool


Measured = dict[tuple[str, str], Total]  # by fit and measure


@dataclass
class Comparison:
    """Two columns of numbers: with the settings in force, and with the others; and how far outcomes are known."""

    in_force: Measured
    changed: Measured
    known_until: date
    days: Sequence[date] = ()
    refits: Sequence[str] = ()

    def rows(self) -> list[list[object]]:
        """Return (fit, measure, in force, changed, difference); of fits that the settings do not touch, nothing."""
        keys = dict.fromkeys([*self.in_force, *self.changed])
        rows = [(*key, _value(self.in_force, key, self.changed), _value(self.changed, key, self.in_force))
                for key in keys]
        touched = set(self.refits) or {fit for fit, _, before, after in rows if before != after}
        return [[fit, measure, before, after, None if before is None or after is None else after - before]
                for fit, measure, before, after in rows if not touched or fit in touched]


@dataclass
class WhatIf:
    """One question to one warehouse: these settings instead of those in force, over these days."""

    pipeline: Pipeline
    given: Mapping[str, str]
    first: date
    last: date
    days: Sequence[date]
    on_step: Callable[[Step], None] = lambda step: None

    def ask(self) -> Comparison:
        """Return the comparison. Raises UsageError for a setting that no replay can speak about."""
        settings, changed = self.pipeline.settings, self._changed()
        known = _known_until(self.pipeline.database_url, settings.dbt_schema)
        if self.last > known:
            raise UsageError(f"The warehouse knows outcomes until {known} only.", "choose an earlier --to.")
        manifest = self._dbt(settings, "in-force", known).parse()
        found = affected_fits(manifest, list(self.given))
        names = [fit.name for fit in found.refits]
        with connect(self.pipeline.database_url, autocommit=True) as guard, \
                advisory_lock(guard, f"dreamseed.whatif.{settings.dbt_schema}", settings.lock_wait_secs):
            measure = self._replay if names else self._query
            columns = [measure(each, place, known, found) for each, place in
                       ((settings, "in-force"), (changed, "changed"))]
        shown = self.days if names else ()
        return Comparison(columns[0], columns[1], known, shown, names)

    def _changed(self) -> Settings:
        settings = self.pipeline.settings
        for name in self.given:
            settings.value(name)  # says which settings there are
        checked = read_settings(**{name.lower(): value for name, value in self.given.items()})
        update = {name.lower(): checked.value(name) for name in self.given}
        same = [name for name in self.given if update[name.lower()] == settings.value(name)]
        if same:
            raise UsageError(f"{same[0]} is {settings.value(same[0])} already: there is nothing to compare.",
                             "give another value.")
        return settings.model_copy(update=update)

    def _dbt(self, settings: Settings, place: str, as_of: date, schema: str = "") -> Dbt:
        """Return dbt with artifacts of its own, so that those of the nightly builds stay what they are."""
        apart = {"dreamseed_home": self.pipeline.settings.home / "whatif" / place,
                 "dbt_schema": schema or settings.dbt_schema}
        return Dbt(settings.only_reading().model_copy(update=apart), self.pipeline.database_url, as_of)

    def _query(self, settings: Settings, place: str, known: date, found: AffectedFits) -> Measured:
        """Ask what is published, in a read-only transaction, by the measure's own SQL for these settings."""
        query = self._dbt(settings, place, known).compiled(found.measure)
        with connect(self.pipeline.database_url, settings.dbt_schema) as connection:
            connection.read_only = True
            return self._totals(connection, query)

    def _replay(self, settings: Settings, place: str, known: date, found: AffectedFits) -> Measured:
        """Make the fits again as of each day in a scratch copy, and measure there."""
        schema = f"whatif_{settings.dbt_schema}"
        manifest = self._dbt(settings, place, known, schema).parse()
        scratch = _scratch(manifest, settings.dbt_schema, schema, [fit.name for fit in found.refits])
        with scratch_copy(self.pipeline.database_url, scratch, self.days[0]):
            for day in self.days:
                for fit in scratch.refitted:
                    self._fit(manifest, manifest.fit(fit), settings, place, day)
            self._build(manifest, manifest.model_id(found.measure), self._dbt(settings, place, known, schema))
            with connect(self.pipeline.database_url, schema) as connection:
                runs = connection.execute(RUNS, {"first": self.first, "last": self.last,
                                                 "fits": list(scratch.refitted)}).fetchall()
                query = sql.SQL("select * from {}").format(sql.Identifier(found.measure)).as_string(connection)
                return _measured(runs) | self._totals(connection, query)

    def _fit(self, manifest: Manifest, fit: Fit, settings: Settings, place: str, day: date) -> None:
        """Build what the fit reads as of `day`, then make it; too little data is an answer of its own."""
        dbt = self._dbt(settings, place, day, f"whatif_{settings.dbt_schema}")
        step = Step(f"{place} {fit.name} {day}")
        self._build(manifest, manifest.exposure_id(fit.name), dbt)
        pipeline = Pipeline(settings.model_copy(update={"dbt_schema": dbt.settings.dbt_schema}))
        try:
            outcome = pipeline.fit(fit, day)
            step.rows, step.note = outcome.rows_out, "; ".join([outcome.status, *outcome.reasons])
        except NotEstimable as refusal:
            step.note = str(refusal)
        step.seconds = sum(done.seconds for done in pipeline.steps)
        self.on_step(step)

    @staticmethod
    def _build(manifest: Manifest, unique_id: str, dbt: Dbt) -> None:
        names = sorted(uid.split(".")[-1] for uid in needed(manifest, unique_id))
        dbt.build("--select", *names, *NO_TESTS, quiet=True)

    def _totals(self, connection: Connection, query: str) -> Measured:
        try:
            rows = connection.execute(TOTALS.format(query=query.replace("%", "%%")).encode(),
                                      {"first": self.first, "last": self.last}).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise UsageError("What a replay reads is not built yet.", "run `dreamseed run` first.") from error
        return _measured(rows)


def _measured(rows: Iterable[tuple[object, ...]]) -> Measured:
    return {(str(fit), str(measure)): Total(float(str(value)), bool(is_count))
            for fit, measure, value, is_count in rows if value is not None}


def _value(column: Measured, key: tuple[str, str], other: Measured) -> float | None:
    if key in column:
        return column[key].value
    return 0.0 if other[key].is_count else None


def _scratch(manifest: Manifest, schema: str, scratch: str, refits: Sequence[str]) -> Scratch:
    """Describe the copy: what the fits land in is written; scorings that land there too rest on runs that are gone."""
    fits = manifest.fits()
    landing = {table.relation.name for name in refits for table in fits[name].landing}
    left_out = [name for name, fit in fits.items() if landing & {table.relation.name for table in fit.landing}]
    return Scratch(schema, scratch, sorted(manifest.schemas() | {scratch}), manifest.source_tables(), landing,
                   tuple(refits), tuple(left_out))


def _known_until(database_url: str, schema: str) -> date:
    with connect(database_url, schema) as connection:
        found = connection.execute("select max(as_of) from build_mark").fetchone()
    if found is None or not isinstance(found[0], date):
        raise UsageError("Nothing is built yet, so there is no history to replay.", "run `dreamseed run` first.")
    return found[0]
