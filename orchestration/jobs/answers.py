"""Answers into a warehouse, from a file or from a simulated school: one at a time, under the warehouse's lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from python_models import answers
from python_models.answers import LoadCount
from python_models.warehouse.connection import Warehouse
from simulated_school import School, simulate

TRUTH_SCHEMA = "truth"  # where `simulate` writes the truth


def load_file(warehouse: Warehouse, file: Path, wait_seconds: float,
              on_progress: Callable[[int], None] | None = None) -> LoadCount:
    """Load a file of answers into `attempt_log`; see `python_models.answers.load`.

    `on_progress` is called with the rows read so far. Raises BadFile, or BusyError if another load has
    not ended after `wait_seconds`.
    """
    with warehouse.lock("load", wait_seconds), warehouse.connect() as connection:
        return answers.load(connection, file, on_progress, schema=warehouse.schema)


def write_school(warehouse: Warehouse, school: School, wait_seconds: float,
                 into: str = "application") -> dict[str, int]:
    """Write a simulated school; see `simulated_school.simulate`.

    The warehouses of a database share one truth, so a lock of that schema is held, too. Raises UsageError where the
    target holds other rows, or BusyError if another load or school has not ended after `wait_seconds`.
    """
    with replace(warehouse, schema=TRUTH_SCHEMA).lock("simulate", wait_seconds), \
            warehouse.lock("load", wait_seconds), warehouse.connect() as connection:
        return simulate(connection, school, into=into, schema=warehouse.schema)
