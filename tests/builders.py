"""What tests build: databases and rows."""

from datetime import date

import psycopg

AS_OF = date(2026, 6, 28)  # a fixed day: tests must not depend on when they run


def create_database(server_url: str, name: str) -> str:
    """Create an empty database and return its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}"')
    return server_url.replace("/dreamseed?", f"/{name}?")
