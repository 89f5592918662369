"""Versions of rows: what a table held at each release (docs/adr/0020-releases.md).

Each table that releases show has a table of versions in the schema `versions`: its columns after `since_release`, the
first release that shows the row, and `until_release`, the first one that does not (null: none yet). Triggers write the
versions of tables whose rows builds change, so the cost follows the change. All other tables are compared.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from python_models.warehouse import schemas
from python_models.warehouse.connection import Connection, identifier
from python_models.warehouse.tables import Relation

# How rows are printed decides their keys, so no session may print them in its own way.
PRINTING = {"timezone": "UTC", "datestyle": "ISO", "intervalstyle": "postgres", "extra_float_digits": "1",
            "bytea_output": "hex"}
STAMPS = ("row_key", "since_release", "until_release")  # the first columns of a table of versions

# Equal rows of a table are numbered, so that each has a key of its own.
COMPARE = """
    with keyed as (
        select md5("a row"::text)::uuid as "a key", "a row".* from {table} as "a row"
    ), numbered as (
        select row_number() over (partition by "a key") as "a number", keyed.* from keyed
    ), fresh as materialized (
        select case "a number" when 1 then "a key" else md5(concat("a key", "a number"))::uuid end as "a key", {columns}
        from numbered
    ), gone as (
        update {versions} as kept set until_release = {next}
        where until_release is null and not exists (select from fresh where fresh."a key" = kept.row_key)
    )
    insert into {versions} (row_key, since_release, {columns})
    select "a key", {next}, {columns} from fresh
    where not exists (select from {versions} as kept where kept.until_release is null and kept.row_key = "a key")"""

# After a table got a column, its rows do not fit the versions. A version without a key says that rows were not noted.
NOTE = """
    create or replace function {function}() returns trigger language plpgsql {printing} as $$
    declare
        versions constant text := tg_argv[0];
        next constant bigint := {next};
    begin
        if tg_op = 'TRUNCATE' then
            execute format('update %s set until_release = $1 where until_release is null', versions) using next;
        elsif (select array_agg(row(attname, atttypid, atttypmod)::text order by attnum) from pg_attribute
                where attrelid = tg_relid and attnum > 0 and not attisdropped)
            is not distinct from
            (select array_agg(row(attname, atttypid, atttypmod)::text order by attnum) from pg_attribute
                where attrelid = versions::regclass and attnum > {stamps} and not attisdropped)
        then
            if tg_op <> 'INSERT' then
                execute format('update %s as kept set until_release = $1 from gone where kept.until_release is null '
                    || 'and kept.row_key = md5(gone::text)::uuid', versions) using next;
            end if;
            if tg_op <> 'DELETE' then
                execute format('insert into %s select md5(fresh::text)::uuid, $1, null, fresh.* from fresh', versions)
                    using next;
            end if;
        else
            execute format('insert into %s (since_release, until_release) values ($1, $1)', versions) using next;
        end if;
        return null;
    end $$"""
TRIGGER = """
    create trigger {name} after {event} on {table} {rows}
    for each statement execute function {function}({versions})"""
EVENTS = {"insert": "referencing new table as fresh", "delete": "referencing old table as gone",
          "update": "referencing old table as gone new table as fresh", "truncate": ""}

COLUMNS = """
    select attname, format_type(atttypid, atttypmod) from pg_attribute
    where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum"""

INDEXES = "select substring(pg_get_indexdef(indexrelid) from ' USING .*') from pg_index where indrelid = %s::regclass"


class Versions:
    """The tables of versions of one warehouse, in a transaction that makes a release."""

    def __init__(self, connection: Connection, schema: str) -> None:
        """Create the trigger function, in the form that this code needs."""
        self.connection, self.schema = connection, schemas.versions(schema)
        self.log = sql.Identifier(schema, "release")
        self.next = sql.SQL("(select coalesce(max(release_id), 0) + 1 from {})").format(self.log)
        self.function = sql.Identifier(self.schema, "note_versions")
        for name, value in PRINTING.items():
            connection.execute("select set_config(%s, %s, true)", [name, value])
        self._execute(NOTE, function=self.function, next=self.next, stamps=sql.Literal(len(STAMPS)),
                      printing=sql.SQL(" ").join(sql.SQL("set {} = {}").format(sql.Identifier(name), sql.Literal(value))
                                                 for name, value in PRINTING.items()))

    def place(self, table: Relation) -> Relation:
        """Return the table of versions of `table`."""
        return Relation(self.schema, f"{table.name}__versions")

    def take_in(self, table: Relation, lasts: bool) -> None:
        """Bring the versions of `table` up to its rows. If it `lasts`, triggers do so from now on."""
        fits, is_noted = self._fits(table), self._is_noted(table)
        if fits and is_noted and self._is_complete(table):
            return
        if not fits:
            self._fit(table)
        self._execute(COMPARE, table=identifier(table), versions=identifier(self.place(table)), next=self.next,
                      columns=_list(self._columns(table)))
        if not fits:
            self._execute("analyze {versions}", versions=identifier(self.place(table)))
        if lasts and not is_noted:
            self._note(table)

    def loses_columns(self, table: Relation) -> bool:
        """Return whether `table` has lost, moved or retyped a column, so its versions move to a new table.

        No view may read them then.
        """
        held = list(self._columns(self.place(table)).items())[len(STAMPS):]
        return held != list(self._columns(table).items())[:len(held)]

    def forget(self, table: Relation, previous: int) -> None:
        """Remove the versions of `table` that neither the newest release shows nor the one before it, `previous`."""
        self._execute("delete from {versions} where until_release is not null "
                      "and (until_release <= {previous} or since_release > {previous})",
                      versions=identifier(self.place(table)), previous=sql.Literal(previous))

    def query(self, table: Relation) -> str:
        """Return the query for the rows of `table` that the current release shows."""
        query = sql.SQL("select {columns} from {versions} where since_release <= {shown} "
                       "and (until_release is null or until_release > {shown})").format(
            columns=_list(self._columns(table)), versions=identifier(self.place(table)),
            shown=sql.SQL("(select release_id from {} where state = 'shown')").format(self.log))
        return query.as_string(self.connection)

    def query_of_fact(self, table: Relation) -> str:
        """Return the query for all rows of `table`, which has no versions."""
        query = sql.SQL("select {} from {}").format(_list(self._columns(table)), identifier(table))
        return query.as_string(self.connection)

    def _execute(self, text: str, **parts: sql.Composable) -> psycopg.Cursor[tuple[object, ...]]:
        return self.connection.execute(sql.SQL(text).format(**parts))

    def _name(self, relation: Relation) -> str:
        return identifier(relation).as_string(self.connection)

    def _columns(self, table: Relation) -> dict[str, str]:
        """Return the types of a table's columns by name, in their order; none if there is no such table."""
        return {str(name): str(kind) for name, kind in self.connection.execute(COLUMNS, [self._name(table)])}

    def _fits(self, table: Relation) -> bool:
        """Return whether `table` has versions, with its columns."""
        place = self._columns(self.place(table))
        return list(place.items())[len(STAMPS):] == list(self._columns(table).items())

    def _is_noted(self, table: Relation) -> bool:
        """Return whether triggers write the versions of `table`; a table that was replaced has none."""
        found = self.connection.execute("""
            select from pg_trigger
            where tgrelid = %s::regclass and tgname = 'note_insert' and tgfoid = to_regproc(%s)""",
            [self._name(table), self.function.as_string(self.connection)])
        return found.rowcount > 0

    def _is_complete(self, table: Relation) -> bool:
        """Return whether every statement since the last release was noted."""
        return not self._execute("select from {versions} where until_release = {next} and row_key is null limit 1",
                                 versions=identifier(self.place(table)), next=self.next).rowcount

    def _fit(self, table: Relation) -> None:
        """Give the table of versions the columns of `table`."""
        held = self._columns(self.place(table))
        if not held or self.loses_columns(table):
            self._renew(table, held)
        else:
            for name, kind in list(self._columns(table).items())[len(held) - len(STAMPS):]:
                self._execute("alter table {place} add column {name} {kind}", place=identifier(self.place(table)),
                              name=sql.Identifier(name), kind=sql.SQL(kind))

    def _renew(self, table: Relation, held: dict[str, str]) -> None:
        """Create the table of versions with the columns of `table`; earlier versions keep what they have of these."""
        place, columns = self.place(table), self._columns(table)
        before = Relation(place.schema, f"{place.name}_before")
        if held:
            self._execute("alter table {place} rename to {before}", place=identifier(place),
                          before=sql.Identifier(before.name))
        self._execute("create table {place} as select null::uuid as row_key, 0::bigint as since_release, "
                      "null::bigint as until_release, {columns} from {table} limit 0",
                      place=identifier(place), table=identifier(table), columns=_list(columns))
        if held:
            shared = _list([*STAMPS, *(name for name, kind in columns.items() if held.get(name) == kind)])
            self._execute("insert into {place} ({shared}) select {shared} from {before}",
                          place=identifier(place), before=identifier(before), shared=shared)
            self._execute("drop table {before}", before=identifier(before))
        self._index(table)

    def _index(self, table: Relation) -> None:
        """Let the versions be found like the rows of `table`, by their key, and those that ended by their release."""
        likewise = [str(found[0]) for found in self.connection.execute(INDEXES, [self._name(table)])]
        for using in (" (row_key) where until_release is null", " (until_release) where until_release is not null",
                      *likewise):
            self._execute("create index on {place}" + using.replace("{", "{{").replace("}", "}}"),
                          place=identifier(self.place(table)))

    def _note(self, table: Relation) -> None:
        """Let each statement on `table` write its versions."""
        for event, rows in EVENTS.items():
            self._execute(TRIGGER, name=sql.Identifier(f"note_{event}"), event=sql.SQL(event), rows=sql.SQL(rows),
                          table=identifier(table), function=self.function,
                          versions=sql.Literal(self._name(self.place(table))))


def _list(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
