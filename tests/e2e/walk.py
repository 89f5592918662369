"""A walk: one operation after the other on a small school, drawn by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import psycopg
from small_school import SmallSchool


class Walk:
    """Does operations on a school with chances of its own; `log` lists them, so that a failure can be followed."""

    def __init__(self, school: SmallSchool, seed: int) -> None:
        self.school, self.random, self.log, self.number = school, random.Random(seed), [f"seed {seed}"], 0
        self.open_transactions: list[psycopg.Connection[tuple[object, ...]]] = []

    def step(self, operation: Callable[[Walk], None]) -> None:
        """Do one operation and write it down."""
        self.number += 1
        self.log.append(operation.__name__)
        operation(self)

    def finish(self) -> None:
        """Commit what is still open."""
        while self.open_transactions:
            connection = self.open_transactions.pop()
            connection.commit()
            connection.close()

    def note(self, text: object) -> None:
        """Add a detail to the last operation."""
        self.log[-1] += f" {text}"

    def day(self, before: int = 90, after: int = 0) -> str:
        """Return a random day around the school's newest one."""
        return str(self.school.as_of - timedelta(days=self.random.randint(-after, before)))

    def one(self, statement: str) -> tuple[object, ...] | None:
        """Return one row of a statement that gives all candidates in a fixed order; None without candidates."""
        found = self.school.run(statement)
        return self.random.choice(found) if found else None

    def run(self, statement: str, *values: object) -> None:
        """Run a statement on the school."""
        self.school.run(statement, *values)
