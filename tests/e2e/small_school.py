"""A small school, built by any invocation of dbt and compared with a build from scratch."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dbt_in_process
import psycopg
import scratch
from builders import AS_OF, NO_TESTS, mart_contents
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from orchestration.dbt import Dbt
from orchestration.graph.affected_fits import needed_models
from orchestration.graph.manifest import Manifest
from orchestration.settings import read_settings
from python_models.errors import DreamseedError
from python_models.warehouse import releases
from python_models.warehouse.connection import Warehouse

WRITE_TIMES = ["created_at", "updated_at", "computed_at"]
# These, and what they need; inputs of fits are hints in the graph and need no build here.
WATCHED = ("weekly_kpi_flat", "features_topic_daily", "churn_alert", "prediction_score", "attempt_reconciliation")
SCOPED = "scoped"  # tag of tables that hold what one build computes, not a whole history
NO_HISTORY = "changed_learner"  # says what the next build computes
SNAPSHOTS = ("interest_goal_history", "question_history")  # a history of sources: a build from scratch reads it too
# The time of a snapshot: the hour of now on a day of the school.
CLOCK = """{% macro postgres__snapshot_get_time() %}
    {{- return("cast('DAY " ~ run_started_at.strftime('%H:%M:%S.%f+00:00') ~ "' as timestamptz)") -}}
{% endmacro %}"""

# Tables that keep a history, each row of which is computed by one invocation or another.
HISTORIES = ("attempt", "attempt_rejected", "features_topic_daily", "int_learner_daily", "int_kpi_core", "weekly_kpi",
             "int_item_first_answers", "int_churn_crossings", "prediction_score")

Rows = Counter[str]
_compiled: dict[Hashable, list[scratch.Model]] = {}  # by settings and macros


@dataclass
class SmallSchool:
    """One warehouse: `run` changes its sources, `dbt` and `build` build it, `difference` judges it."""

    server_url: str
    database: str
    home: Path
    as_of: date = AS_OF
    settings: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)  # changed code: the new text of a macro, by its name
    printed: str = ""

    @property
    def url(self) -> str:
        """The URL of the school's database."""
        return url_of(self.server_url, self.database)

    def not_as_released(self) -> set[str]:
        """Release what is built; return the marts whose released rows are other ones."""
        marts = Manifest.read(dbt_in_process.parsed_manifest()).marts("public")
        releases.publish(Warehouse(self.url), marts, "test", wait_seconds=10)
        released, built = (mart_contents(self.url, schema) for schema in ("public_released", "public"))
        return {name for name in built if released[name] != built[name]}

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one SQL statement in a transaction of its own; return its rows."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def dbt_of(self, database: str, as_of: date | None = None) -> Dbt:
        """Return dbt on a database with the school's settings."""
        settings = read_settings(database_url=url_of(self.server_url, database), dreamseed_home=self.home,
                                 **self.settings)
        return Dbt(settings, settings.database_url, as_of or self.as_of)

    def dbt(self, *arguments: str, as_of: date | None = None, **variables: str) -> bool:
        """Run dbt as a person does, without `dreamseed`; return whether it succeeded. `printed` is what it said.

        `variables` are set in the environment on top of those of production.
        """
        dbt, output = self.dbt_of(self.database, as_of), io.StringIO()
        with self._code(), redirect_stdout(output):
            code = dbt_in_process.run(["--quiet", *arguments], dbt.environment() | variables, output=True)
        self.printed = output.getvalue()
        return code == 0

    def build(self, *arguments: str, as_of: date | None = None) -> None:
        """Run `dreamseed build` of everything that is watched, or of a selection. Raises DreamseedError."""
        with self._code():
            self.dbt_of(self.database, as_of).build(
                *(arguments or ("--select", *names(), *SNAPSHOTS)), *NO_TESTS, quiet=True)

    def _code(self) -> AbstractContextManager[None]:
        """Let dbt run with the changed macros, and on the day after the school's newest one, as jobs do."""
        clock = CLOCK.replace("DAY", str(self.as_of + days(1)))
        return dbt_in_process.changed_macros({"postgres__snapshot_get_time": clock} | self.macros)

    def killed_build(self, after_seconds: float) -> None:
        """Build, and cut every connection of the build after some time, as a server that ends does."""
        cut = threading.Timer(after_seconds, self._cut_connections)
        cut.start()
        try:
            self.build()
        except (DreamseedError, psycopg.OperationalError):
            pass  # that is what was asked for
        finally:
            cut.join()

    def _cut_connections(self) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                               "where datname = %s and application_name = 'dbt'", [self.database])

    def rows(self, names: Collection[str] = ()) -> dict[str, Rows]:
        """Return the contents of watched relations (all that are no scoped ones, or `names`), write times left out."""
        with psycopg.connect(self.url) as connection:
            return {name: self._rows_of(connection, place)
                    for name, place in self.places(connection).items() if name in names or not names}

    @staticmethod
    def _rows_of(connection: psycopg.Connection[Any], place: tuple[str, str]) -> Rows:
        return Counter(row for row, in connection.execute(sql.SQL(
            "select (to_jsonb(t) - %s::text[])::text from {} as t").format(sql.Identifier(*place)), [WRITE_TIMES]))

    def versions(self) -> set[tuple[Any, ...]]:
        """Return the versions of goals that were ever seen, without their ends: those come later."""
        return set(self.run("select user_id, topic_id, dbt_valid_from, target_level from interest_goal_history"))

    def places(self, connection: psycopg.Connection[Any]) -> dict[str, tuple[str, str]]:
        """Return (schema, table) of every watched model that is there, by its name."""
        present = {tuple(row) for row in connection.execute(
            "select schemaname, tablename from pg_tables union all select schemaname, viewname from pg_views")}
        return {name: place for name, place in watched().items() if place in present}

    def scratch(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """The reference as of the newest day; see scratch.py."""
        code = (tuple(sorted(self.settings.items())), tuple(sorted(self.macros.items())))
        if code not in _compiled:
            _compiled[code] = scratch.compiled(self.dbt_of(self.database).environment(), self.macros, names())
        return scratch.built(self.url, _compiled[code], self.as_of)

    def from_scratch(self, names: Collection[str]) -> dict[str, Rows]:
        """Return the rows of these models in the reference."""
        with self.scratch() as connection:
            return {name: self._rows_of(connection, (scratch.SCHEMA, name)) for name in names}

    def difference(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return, by table, rows that only the reference has and rows that only this warehouse has.

        Views are compared by their queries: what they read is compared itself.
        """
        found = {}
        with self.scratch() as connection:
            places = self.places(connection)
            for name, (schema, table) in watched().items():
                if name not in places:
                    found[name] = (["the whole relation"], [])
                elif name not in views():
                    found[name] = scratch.difference(connection, (schema, table), WRITE_TIMES)
                else:
                    queries = [scratch.definition(connection, (place, table)) for place in (scratch.SCHEMA, schema)]
                    found[name] = (queries[:1], queries[1:]) if queries[0] != queries[1] else ([], [])
        return {name: rows for name, rows in found.items() if rows != ([], [])}


def url_of(server_url: str, database: str) -> str:
    """Return the URL of another database of the server."""
    return server_url.replace(f"/{conninfo_to_dict(server_url)['dbname']}?", f"/{database}?")


@cache
def watched(everything: bool = False) -> dict[str, tuple[str, str]]:
    """Return (schema, table) of watched models by name; with `everything`, also seeds and what one build computes."""
    return {node["name"]: (node["schema"], node["alias"]) for node in _watched_nodes()
            if everything or (SCOPED not in node["tags"] and node["name"] != NO_HISTORY
                              and node["resource_type"] != "seed")}


@cache
def views() -> set[str]:
    """Return the watched models that are views."""
    return {node["name"] for node in _watched_nodes() if node["config"]["materialized"] == "view"}


@cache
def _watched_nodes() -> list[dict[str, Any]]:
    manifest = Manifest.read(dbt_in_process.parsed_manifest())
    ids = set().union(*(needed_models(manifest, manifest.model_id(name)) for name in WATCHED))
    nodes = [manifest.content["nodes"][uid] for uid in sorted(ids)]
    return [node for node in nodes if node["config"]["materialized"] not in ("ephemeral", "snapshot")]


def names() -> list[str]:
    """Return the models to build."""
    return list(watched(everything=True))


def lost(before: dict[str, Rows], after: dict[str, Rows], kept: dict[str, Rows]) -> dict[str, list[str]]:
    """Return the rows that an invocation removed although a build from scratch has them."""
    return {name: found for name in before
            if (found := sorted(((before[name] - after.get(name, Counter())) & kept.get(name, Counter())).elements()))}


def as_text(difference: dict[str, tuple[Sequence[str], Sequence[str]]]) -> str:
    """Return a difference in words, the first rows of each relation."""
    return "\n".join(f"{name}: {len(missing)} missing, {len(extra)} too many; {list(missing[:2])} / {list(extra[:2])}"
                     for name, (missing, extra) in difference.items())


def days(number: int) -> timedelta:
    """Return a number of days."""
    return timedelta(days=number)


def macro_text(name: str) -> str:
    """Return the text of one of the project's macros."""
    macros = Manifest.read(dbt_in_process.parsed_manifest()).content["macros"]
    return str(macros[f"macro.dreamseed_analytics.{name}"]["macro_sql"])
