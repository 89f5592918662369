"""The reference: what a build of everything from scratch gives, without the incremental engine.

dbt compiles the models as wholes; plain SQL computes them into a schema of a transaction that is rolled back. So the
reference shares the models' queries with a build, and nothing of how a build decides, compares and writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from typing import Any

import dbt_in_process
import psycopg
from builders import AS_OF
from psycopg import sql

SCHEMA = "scratch"
# A literal is what the query says now, in the built tables. The reference has tables of its own.
NO_LITERALS = {"day_literal": "{% macro day_literal(query) %}{{ return('(' ~ query ~ ')') }}{% endmacro %}"}


@dataclass(frozen=True)
class Model:
    """A model as a whole; `sql` reads other models in the schema of the reference, as of AS_OF."""

    name: str
    is_view: bool
    sql: str


def compiled(environment: Mapping[str, str], macros: Mapping[str, str], names: Sequence[str]) -> list[Model]:
    """Compile models, with these macros in place of the project's; return them in the order of the graph."""
    with dbt_in_process.changed_macros(NO_LITERALS | macros):
        nodes = dbt_in_process.compiled(["--quiet", "compile", "--select", *names],
                                        environment | {"DREAMSEED_AS_OF": str(AS_OF)})
    chosen = {uid: node for uid, node in nodes.items() if node.name in names and node.resource_type == "model"}
    order = TopologicalSorter({uid: node.depends_on.nodes for uid, node in nodes.items()}).static_order()
    return [_model(chosen[uid], [other for other in chosen.values() if other is not chosen[uid]])
            for uid in order if uid in chosen]


def _model(node: Any, others: Sequence[Any]) -> Model:
    text = node.compiled_code
    for other in others:
        text = text.replace(other.relation_name, f'"{SCHEMA}"."{other.alias}"')
    return Model(node.alias, node.config.materialized == "view", text.replace(f'"{node.database}".', ""))


@contextmanager
def built(url: str, models: Sequence[Model], as_of: date) -> Iterator[psycopg.Connection[Any]]:
    """Compute the models as of a day; they are gone at the end."""
    with psycopg.connect(url) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for model in models:
            kind, query = "view" if model.is_view else "table", model.sql.replace(str(AS_OF), str(as_of))
            connection.execute(f'create {kind} {SCHEMA}."{model.name}" as {query}')
            if not model.is_view:
                connection.execute(f'analyze {SCHEMA}."{model.name}"')
        yield connection
        connection.rollback()


def difference(connection: psycopg.Connection[Any], place: tuple[str, str], left_out: Sequence[str],
               ) -> tuple[list[str], list[str]]:
    """Return the rows that only the reference of a table has, and those that only the table has."""
    rows = sql.SQL("select to_jsonb(t) - {columns}::text[] as row from {table} as t")
    here, reference = (rows.format(columns=list(left_out), table=sql.Identifier(*table))
                       for table in (place, (SCHEMA, place[1])))
    found = connection.execute(sql.SQL("""
        with here as materialized ({here}), reference as materialized ({reference})
        select true, row::text from (table reference except all table here) as missing
        union all
        select false, row::text from (table here except all table reference) as extra
        order by 1, 2""").format(here=here, reference=reference)).fetchall()
    return [row for is_missing, row in found if is_missing], [row for is_missing, row in found if not is_missing]


def definition(connection: psycopg.Connection[Any], place: tuple[str, str]) -> str:
    """Return the query of a view, without the schemas of what it reads: no two models have one name."""
    name = '"{}"."{}"'.format(*place)
    query = connection.execute("select pg_get_viewdef(to_regclass(%s), true)", [name]).fetchone()[0]
    return re.sub(r"\b(scratch|public\w*)\.", "", query)
