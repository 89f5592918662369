"""What tests build: databases and rows."""

from datetime import date

import psycopg

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


def shared_services(stack: Stack) -> dict[str, str]:
    """Return the settings by which a warehouse of its own uses the session's R services (started if need be)."""
    flags = {}
    for name in service_names():
        address = stack.services.address(name)
        flags |= {f"r_{name}_base_url": address.url, f"r_{name}_internal_token": address.token}
    return flags
