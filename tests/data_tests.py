"""Whether builds of tests run the project's data tests, which take half of a small build's time.

They do in tests marked `data_tests` and in the template of the large school; tests of something else leave them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_wanted = [False]


def are_wanted() -> bool:
    """Return whether a build runs data tests now."""
    return _wanted[-1]


@contextmanager
def run(wanted: bool) -> Iterator[None]:
    """Let builds inside the block run data tests, or leave them out."""
    _wanted.append(wanted)
    try:
        yield
    finally:
        _wanted.pop()
