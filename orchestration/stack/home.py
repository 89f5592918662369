"""The lock of a home: one command at a time starts or stops parts of its stack, so that none is started twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def home_lock(home: Path) -> Iterator[None]:
    """Hold the lock of the folder `home` while the block runs; wait for it as long as it takes.

    It cannot be taken twice by one process: what runs under it must not ask for it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with file_lock(home / "stack.lock"):
        yield


@contextmanager
def file_lock(file: Path) -> Iterator[None]:
    """Hold the lock of `file` while the block runs; wait for it as long as it takes."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
