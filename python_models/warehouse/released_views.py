"""The views that readers look at: the marts over the versions of the current release (docs/adr/0020-releases.md).

A view of a mart, and of what lies below it, has dbt's own definition, with the released relation in the place of each
one that has such. A view is replaced only if its definition changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from python_models.errors import UsageError
from python_models.warehouse import schemas
from python_models.warehouse.connection import Connection, identifier
from python_models.warehouse.tables import Relation

# `roots` and what they read, directly or through other views; what lies deepest comes first.
MEMBERS = """
    with recursive edge as (
        select distinct rule.ev_class as reader, link.refobjid as read
        from pg_rewrite as rule
        join pg_depend as link on link.objid = rule.oid and link.classid = 'pg_rewrite'::regclass
            and link.refclassid = 'pg_class'::regclass and link.refobjid <> rule.ev_class
    ), member as (
        select to_regclass(name)::oid as oid, 0 as depth from unnest(%s::text[]) as name
        where to_regclass(name) is not null
        union
        select edge.read, member.depth + 1 from member join edge on edge.reader = member.oid
    )
    select space.nspname, class.relname, format('%%I.%%I', space.nspname, class.relname),
        case when class.relkind = 'v' then pg_get_viewdef(class.oid) end
    from member join pg_class as class using (oid) join pg_namespace as space on space.oid = class.relnamespace
    group by class.oid, 1, 2 order by max(depth) desc, 2"""


@dataclass(frozen=True)
class Member:
    """A mart, or what a mart rests on: its name as definitions have it, and its own definition, empty for a table."""

    relation: Relation
    name: str
    definition: str


class ReleasedViews:
    """The views of one warehouse, in a transaction that makes a release."""

    def __init__(self, connection: Connection, schema: str, marts: Collection[Relation]) -> None:
        """Show `marts`, which dbt builds in the target schema `schema`."""
        self.connection, self.marts = connection, marts
        self.released, self.versions = schemas.released(schema), schemas.versions(schema)

    def members(self) -> list[Member]:
        """Return the marts that exist and what they rest on, each after what it reads itself."""
        return self._below(self.marts)

    def place(self, relation: Relation) -> Relation:
        """Return the released relation that stands for one that is built."""
        return Relation(self.released if relation in self.marts else self.versions, relation.name)

    def redirected(self, definition: str, members: Collection[Member]) -> str:
        """Return a definition that reads the released relations of `members` in their place."""
        places = {member.name: identifier(self.place(member.relation)).as_string(self.connection) for member in members}
        names = "|".join(map(re.escape, places))
        return re.sub(rf'(?<![\w$."])(?:{names})(?![\w$."])', lambda found: places[found[0]], definition)

    def show(self, queries: Mapping[Relation, str]) -> None:
        """Let the released relation of each key be a view of its query, unless it is already.

        If a view lost, moved or retyped a column, all are created again. Raises UsageError if a view of somebody else
        reads one of them then.
        """
        try:
            with self.connection.transaction():
                self._show(queries)
        except psycopg.errors.InvalidTableDefinition:
            self.drop_all()
            self._show(queries)

    def drop_all(self) -> None:
        """Drop every released view. Raises UsageError if a view of somebody else reads one."""
        self._drop("view", [*self._in(self.released, "v"), *self._in(self.versions, "v")])

    def drop_others(self) -> None:
        """Drop the views of marts that the project has no more, and what no released view reads.

        Raises UsageError if a view of somebody else reads one.
        """
        views, marts = self._in(self.released, "v"), {mart.name for mart in self.marts}
        kept = [view for view in views if view.name in marts]
        read = {member.relation for member in self._below(kept)}
        self._drop("view", [*views, *self._in(self.versions, "v")], {*kept, *read})
        self._drop("table", self._in(self.versions, "r"), read)

    def _show(self, queries: Mapping[Relation, str]) -> None:
        for relation, query in queries.items():
            view = identifier(self.place(relation))
            digest = hashlib.sha256(query.encode()).hexdigest()
            if self.connection.execute("select obj_description(to_regclass(%s), 'pg_class')",
                                       [view.as_string(self.connection)]).fetchone() != (digest,):
                create = sql.SQL("create or replace view {} as ").format(view).as_string(self.connection) + query
                self.connection.execute(create.encode())
                self.connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(digest)))

    def _below(self, roots: Collection[Relation]) -> list[Member]:
        """Return those of `roots` that exist and what they rest on; definitions give the schema of each relation."""
        names = [identifier(root).as_string(self.connection) for root in roots]
        with self.connection.transaction(force_rollback=True):  # the search path stays what it was
            self.connection.execute("set local search_path = ''")  # a bare name could be that of a CTE
            return [Member(Relation(str(schema), str(relation)), str(name), str(definition or ""))
                    for schema, relation, name, definition in self.connection.execute(MEMBERS, [names])]

    def _drop(self, kind: str, found: Sequence[Relation], but: Collection[Relation] = ()) -> None:
        names = [identifier(relation) for relation in found if relation not in but]
        if not names:
            return
        try:
            self.connection.execute(sql.SQL("drop {} {}").format(sql.SQL(kind), sql.SQL(", ").join(names)))
        except psycopg.errors.DependentObjectsStillExist as error:
            reader = str(error.diag.message_detail).splitlines()[0]
            raise UsageError(f"No release was made: {reader}, which has to be replaced.",
                             "drop that view, run `dreamseed release`, and create it again.") from error

    def _in(self, schema: str, kind: str) -> list[Relation]:
        """Return the views (`kind` v) or tables (r) of a schema."""
        return [Relation(schema, str(name)) for name, in self.connection.execute(
            "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = %s",
            [sql.Identifier(schema).as_string(self.connection), kind])]
