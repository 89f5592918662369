"""Erases a learner from every table the warehouse owns. Tables and columns come from the database's catalog.

A learner is identified by `user_id` and by the uuid made from it (`student_id`). A user_id that is a uuid is the same
learner in upper and lower case, as for dbt's macro learner_id(). In a table with such a column, the learner's rows are
deleted, and so are rows without a learner (both columns empty) that mention this one. Everywhere else (rows of other
learners, the run log) a mention is replaced by a mark, because the row is not the learner's. A short id such as 17 or
anna may be part of any text: it counts only in a learner's column or under a learner's JSON key.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from python_models.errors import DreamseedError, UsageError
from python_models.warehouse import schemas
from python_models.warehouse.connection import Connection, identifier
from python_models.warehouse.tables import Relation

LEARNER_COLUMNS = ("user_id", "student_id")
MARK = "(erased)"
LEARNER_KEYS = (*LEARNER_COLUMNS, "student", "user", "learner")  # their names in JSON
DISTINCTIVE = re.compile(r"(?=.*[^0-9]).{6,}|.{12,}", re.DOTALL)  # such an id is in no other text by chance
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Table:
    """A table of the catalog with its columns that can name a learner."""

    relation: Relation
    learner: dict[str, str]  # column: type
    texts: dict[str, str]  # any other column of text or JSON: type

    @property
    def name(self) -> str:
        """Return schema.table."""
        return f"{self.relation.schema}.{self.relation.name}"


@dataclass
class Erasure:
    """Rows removed and mentions replaced by table, and the tables of others that still hold the learner."""

    deleted: dict[str, int] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    held_elsewhere: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)  # URLs of the reports removed


def erase(connection: Connection, user_id: str, schema: str, owned: Collection[Relation]) -> Erasure:
    """Remove `user_id` in one transaction and commit; the locks of the build and of every fit must be held.

    `owned` are the tables of the target schema that the warehouse writes; every table of its other schemas is owned,
    too, so the learner is in no version of a release. Raises DreamseedError, with everything unchanged, if a row is
    left.
    """
    learner, done = _Learner(user_id), Erasure()
    tables = _tables(connection, schema)
    ours = [table for table in tables if table.relation in owned or table.relation.schema != schema]
    for table in ours:
        done.deleted[table.name] = _run(connection, learner.delete(table))
        done.marked[table.name] = _run(connection, learner.mark(table))
    left = {table.name: n for table in ours if (n := _run(connection, learner.find(table)))}
    if left:
        connection.rollback()
        shown = ", ".join(f"{name} ({n})" for name, n in left.items())
        raise DreamseedError(f"Rows of the learner are left in {shown}; nothing was erased.",
                             "look at these rows with `dreamseed sql`.")
    connection.commit()
    others = [table for table in tables if table not in ours]
    done.held_elsewhere = {table.name: n for table in others if (n := _run(connection, learner.find(table)))}
    connection.commit()
    return done


class _Learner:
    """The conditions that recognise one learner, as SQL."""

    def __init__(self, user_id: str) -> None:
        if not user_id.strip():
            raise UsageError("The learner's id is empty.", "give the id as the application has it.")
        self.user_id, self.student_id = user_id, _student_uuid(user_id)
        self.needles = [self.student_id, *([user_id] if DISTINCTIVE.fullmatch(user_id) else [])]
        self.is_uuid = UUID.fullmatch(user_id) is not None

    def delete(self, table: Table) -> sql.Composed | None:
        """Delete the learner's rows, and rows without a learner that mention this one."""
        if not table.learner:
            return None
        no_learner = sql.SQL(" and ").join(sql.SQL("nullif({}::text, '') is null").format(sql.Identifier(column))
                                       for column in table.learner)
        return sql.SQL("delete from {} where {} or (({}) and {})").format(
            identifier(table.relation), self._is(table), no_learner, self._mentioned(table))

    def mark(self, table: Table) -> sql.Composed | None:
        """Replace mentions of the learner in rows that are not the learner's."""
        if not table.texts:
            return None
        changes = sql.SQL(", ").join(
            sql.SQL("{} = {}::{}").format(name, self._marked(name, kind), sql.SQL(kind))
            for column, kind in table.texts.items() for name in [sql.Identifier(column)])
        return sql.SQL("update {} set {} where {}").format(identifier(table.relation), changes, self._mentioned(table))

    def find(self, table: Table) -> sql.Composed:
        """Count the rows that name the learner anywhere."""
        return sql.SQL("select from {} where {} or {}").format(
            identifier(table.relation), self._is(table), self._mentioned(table))

    def _is(self, table: Table) -> sql.Composable:
        values = {"user_id": self.user_id, "student_id": self.student_id}
        same = "lower({}::text) = lower({})" if self.is_uuid else "{}::text = {}"
        either = [sql.SQL(same).format(sql.Identifier(column), sql.Literal(value))
                  for column in table.learner for value in {values[column], self.student_id}]
        return _any(either)

    def _mentioned(self, table: Table) -> sql.Composable:
        return _any([self._in(sql.Identifier(column), kind) for column, kind in table.texts.items()])

    def _in(self, column: sql.Identifier, kind: str) -> sql.Composable:
        # strpos first: for nearly all rows the slower pattern is not evaluated
        mentions = ("strpos(lower({0}::text), lower({1})) > 0 and {0}::text ~* {2}" if self.is_uuid
                    else "strpos({0}::text, {1}) > 0 and {0}::text ~ {2}")
        found = [sql.SQL(mentions).format(
            column, sql.Literal(_escaped(needle, kind)), sql.Literal(_pattern(needle, kind)))
            for needle in self.needles]
        if kind.startswith("json"):
            keyed = "{0}::text ~* {1}" if self.is_uuid else "{0}::text ~ {1}"
            found.append(sql.SQL(keyed).format(column, sql.Literal(self._keyed())))
        return _any(found)

    def _marked(self, column: sql.Identifier, kind: str) -> sql.Composable:
        value: sql.Composable = sql.SQL("{}::text").format(column)
        replaced = sql.SQL("regexp_replace({}, {}, {}, 'gi')" if self.is_uuid else "regexp_replace({}, {}, {}, 'g')")
        for needle in self.needles:
            value = replaced.format(value, sql.Literal(_pattern(needle, kind)), sql.Literal(MARK))
        if kind.startswith("json"):
            value = replaced.format(value, sql.Literal(self._keyed()), sql.Literal(rf'\1"{MARK}"'))
        return value

    def _keyed(self) -> str:
        """Match a learner's key with this value in JSON as Postgres writes it: a string, or a bare number."""
        value = _quoted(_escaped(self.user_id, "jsonb"))
        bare = f"|{value}(?![0-9.eE+-])" if re.fullmatch(r"-?[0-9]+", self.user_id) else ""
        return rf'("(?:{"|".join(LEARNER_KEYS)})": ?)(?:"{value}"{bare})'


def _tables(connection: Connection, schema: str) -> list[Table]:
    """Return every table of the target schema and of the warehouse's other schemas, views left out."""
    rows = connection.execute("""
        select n.nspname, c.relname, a.attname, format_type(a.atttypid, null)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        join pg_type t on t.oid = a.atttypid
        where c.relkind in ('r', 'p', 'm') and not c.relispartition and n.nspname = any(%s)
            and (t.typcategory = 'S' or t.typname in ('json', 'jsonb', 'uuid') or a.attname = any(%s))
        order by 1, 2, a.attnum""", [list(schemas.owned(schema)), list(LEARNER_COLUMNS)])
    found: dict[Relation, Table] = {}
    for namespace, name, column, kind in rows:
        relation = Relation(str(namespace), str(name))
        table = found.setdefault(relation, Table(relation, {}, {}))
        if column in LEARNER_COLUMNS:
            table.learner[str(column)] = str(kind)
        elif kind != "uuid":
            table.texts[str(column)] = str(kind)
    return list(found.values())


def _run(connection: Connection, statement: sql.Composed | None) -> int:
    return 0 if statement is None else connection.execute(statement).rowcount


def _any(conditions: Sequence[sql.Composable]) -> sql.Composable:
    if not conditions:
        return sql.SQL("false")
    return sql.SQL("({})").format(sql.SQL(" or ").join(sql.SQL("coalesce({}, false)").format(c) for c in conditions))


def _student_uuid(user_id: str) -> str:
    """Return the uuid that dbt's macro student_uuid() makes of a user id."""
    if UUID.fullmatch(user_id):
        return str(uuid.UUID(user_id))
    return str(uuid.UUID(hashlib.md5(user_id.encode(), usedforsecurity=False).hexdigest()))


def _escaped(needle: str, kind: str) -> str:
    """Return the needle as a column's text has it: JSON escapes quotes, backslashes and control characters."""
    if not kind.startswith("json"):
        return needle
    named = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(named.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in needle)


def _pattern(needle: str, kind: str) -> str:
    """Match the needle as a whole word, not as a part of a longer id."""
    before = r"(?<![[:alnum:]_-])"
    if kind.startswith("json"):  # a line end is written as \\n there, and that n is not a letter of the text
        before = rf"(?:{before}|(?<=\\[bfnrt]))"
    return rf"{before}{_quoted(_escaped(needle, kind))}(?![[:alnum:]_-])"


def _quoted(text: str) -> str:
    return re.sub(r"([^0-9A-Za-z_\s\x80-\U0010ffff])", r"\\\1", text)
