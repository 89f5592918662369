"""A small school, built by any invocation of dbt and compared with a build from scratch."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dbt_in_process
import psycopg
from builders import AS_OF, NO_TESTS, create_database, mart_contents
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
# What a build from scratch cannot know: rows that rest on pruned runs. They are kept, so the table must be there.
KEEP_PRUNED = ("int_churn_crossings", "prediction_score")
# These, and what they need; inputs of fits are hints in the graph and need no build here.
WATCHED = ("weekly_kpi_flat", "features_topic_daily", "churn_alert", "prediction_score", "attempt_reconciliation")
SCOPED = "scoped"  # tag of tables that hold what one build computes, not a whole history
NO_HISTORY = "changed_learner"  # says what the next build computes
SNAPSHOTS = ("interest_goal_history",)  # a history of sources: a build from scratch reads it too
# The time of a snapshot: the hour of now on a day of the school.
CLOCK = """{% macro postgres__snapshot_get_time() %}
    {{- return("cast('DAY " ~ run_started_at.strftime('%H:%M:%S.%f+00:00') ~ "' as timestamptz)") -}}
{% endmacro %}"""

# Tables that keep a history, each row of which is computed by one invocation or another.
HISTORIES = ("attempt", "attempt_rejected", "features_topic_daily", "int_learner_daily", "int_kpi_core", "weekly_kpi",
             "int_churn_crossings", "prediction_score")

Rows = Counter[str]


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
            code = dbt_in_process.run(["--quiet", *arguments], dbt.environment() | variables, prints=True)
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

    def rows(self, names: Collection[str] = (), database: str = "") -> dict[str, Rows]:
        """Return the contents of watched relations (all that are no scoped ones, or `names`), write times left out."""
        with psycopg.connect(url_of(self.server_url, database or self.database)) as connection:
            return {name: Counter(row for row, in connection.execute(sql.SQL(
                "select (to_jsonb(t) - %s::text[])::text from {} as t").format(sql.Identifier(*place)), [WRITE_TIMES]))
                for name, place in self.relations(connection).items() if name in names or not names}

    def versions(self) -> set[tuple[Any, ...]]:
        """Return the versions of goals that were ever seen, without their ends: those come later."""
        return set(self.run("select user_id, topic_id, dbt_valid_from, target_level from interest_goal_history"))

    def relations(self, connection: psycopg.Connection[Any]) -> dict[str, tuple[str, str]]:
        """Return (schema, table) of every watched model that is there, by its name."""
        present = {tuple(row) for row in connection.execute(
            "select schemaname, tablename from pg_tables union all select schemaname, viewname from pg_views")}
        return {name: place for name, place in watched().items() if place in present}

    def from_scratch(self) -> dict[str, Rows]:
        """Return what a build of everything from scratch gives as of the newest day, made in a copy."""
        copy = f"{self.database}_scratch"
        create_database(self.server_url, copy, template=self.database)
        with psycopg.connect(url_of(self.server_url, copy)) as connection:
            for name, place in watched(scoped_too=True).items():
                if name not in KEEP_PRUNED and place in self.relations_of(connection):
                    kind = self.relations_of(connection)[place]
                    connection.execute(sql.SQL(f"drop {kind} {{}} cascade").format(sql.Identifier(*place)))
            connection.execute("truncate build_mark")
        with dbt_in_process.changed_macros(self.macros):
            self.dbt_of(copy).build("--full-refresh", "--select", *names(), *NO_TESTS, quiet=True)
        found = self.rows(database=copy)
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f'drop database "{copy}" with (force)')
        return found

    @staticmethod
    def relations_of(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], str]:
        """Return `table` or `view` of every relation, by (schema, name)."""
        return {(schema, name): kind for schema, name, kind in connection.execute(
            "select schemaname, tablename, 'table' from pg_tables "
            "union all select schemaname, viewname, 'view' from pg_views")}

    def difference(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return, by relation, rows that only a build from scratch has and rows that only this warehouse has."""
        here, scratch = self.rows(), self.from_scratch()
        return {name: (sorted((scratch[name] - here.get(name, Counter())).elements()),
                       sorted((here.get(name, Counter()) - scratch[name]).elements()))
                for name in scratch if scratch[name] != here.get(name)}


def url_of(server_url: str, database: str) -> str:
    """Return the URL of another database of the server."""
    return server_url.replace(f"/{conninfo_to_dict(server_url)['dbname']}?", f"/{database}?")


@cache
def watched(scoped_too: bool = False) -> dict[str, tuple[str, str]]:
    """Return (schema, table) of the watched models by name."""
    manifest = Manifest.read(dbt_in_process.parsed_manifest())
    nodes = manifest.content["nodes"]
    ids = set().union(*(needed_models(manifest, manifest.model_id(name)) for name in WATCHED))
    return {nodes[uid]["name"]: (nodes[uid]["schema"], nodes[uid]["alias"]) for uid in sorted(ids)
            if nodes[uid]["config"]["materialized"] not in ("ephemeral", "snapshot")
            and (scoped_too or SCOPED not in nodes[uid]["tags"])
            and (scoped_too or nodes[uid]["name"] != NO_HISTORY)}


def names() -> list[str]:
    """Return the models to build."""
    return list(watched(scoped_too=True))


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
