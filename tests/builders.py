"""What tests build: databases and rows."""

from collections.abc import Collection
from datetime import date

import psycopg
from psycopg import sql

from orchestration.stack.services import service_names
from orchestration.stack.stack import Stack

AS_OF = date(2026, 6, 28)  # a fixed day: tests must not depend on when they run
NO_TESTS = ("--exclude-resource-type", "unit_test", "test")  # half of a small build's time is its data tests


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Create a database, empty or a copy of `template` (to which nobody may be connected), and return its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}" template "{template}"')
    return server_url.replace("/dreamseed?", f"/{name}?")


def mart_contents(url: str, schema: str, left_out: Collection[str] = ()) -> dict[str, tuple[int, int]]:
    """Count and hash the rows of each released mart that `schema` has too: of the released one, or of the built one."""
    with psycopg.connect(url) as connection:
        names = [name for name, in connection.execute("""
            select relname from pg_class where relnamespace = 'public_released'::regnamespace and relkind = 'v'
                and to_regclass(format('%%I.%%I', %s::text, relname)) is not null and relname <> all(%s)""",
            [schema, list(left_out)])]
        return {name: connection.execute(sql.SQL(
            "select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from {} as t").format(
            sql.Identifier(schema, name))).fetchone() for name in names}


def shared_services(stack: Stack) -> dict[str, str]:
    """Return the settings by which a warehouse of its own uses the session's R services (started if need be)."""
    flags = {}
    for name in service_names():
        address = stack.services.address(name)
        flags |= {f"r_{name}_base_url": address.url, f"r_{name}_internal_token": address.token}
    return flags
