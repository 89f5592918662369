"""Pictures of a fit, one module each, named as the fit: `draw(connection, run_id)` reads that run's published rows.

`dreamseed <fit>-plot` writes them as a page. A new fit's pictures are one more module here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class Picture:
    """One picture: the name of its file without an ending, what it is called, what it says, and the SVG."""

    name: str
    title: str
    says: str
    svg: str


Draw = Callable[[psycopg.Connection[tuple[object, ...]], str], list[Picture]]


def fits() -> list[str]:
    """Return the fits that have pictures, by name."""
    return sorted(found.name for found in pkgutil.iter_modules(__path__))


def draw(fit: str) -> Draw:
    """Return the function that draws the pictures of a run of `fit`, one of `fits()`."""
    found: Draw = importlib.import_module(f"{__name__}.{fit}").draw
    return found
