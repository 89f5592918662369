"""Output for people: tables, progress, log lines, one line for an error, one summary line for a job."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from orchestration.layout import records, table_of
from python_models.errors import DreamseedError
from python_models.figures import readable

if TYPE_CHECKING:
    from orchestration.jobs.pipeline import Step

PIPED_WIDTH = 200  # in a file or pipe, tables are not squeezed to the width of a terminal
LOG_SECONDS = 20.0  # between two lines of progress in a log

# No line is broken here: the terminal wraps it, so that a copied id or path is whole. An id such as `a:b:` is no emoji.
out = Console(highlight=False, emoji=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def width() -> int:
    """Return the width of tables in cells: COLUMNS, else the terminal's, else PIPED_WIDTH."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    return out.width if out.is_terminal else PIPED_WIDTH


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print `rows` under `columns`, or as records where they are too wide; numbers are right-aligned."""
    cells = [list(row) for row in rows]
    if not cells:
        out.print(f"{title or 'Rows'}: none.", markup=False)
        return
    texts = [[shown(cell) for cell in row] for row in cells]
    numeric = [all(isinstance(row[place], int | float | Decimal | None) for row in cells)
               for place in range(len(columns))]
    out.width = width()
    table = table_of(title, columns, texts, numeric, out.width)
    if table is not None:
        out.print(table)
        return
    if title:
        out.print(f"[bold]{escape(title)}[/]")
    for line in records(columns, texts, out.width):
        out.print(line, markup=False)


def print_step(step: Step) -> None:
    """Print one step of a job that ended."""
    verdict = "[green]done[/]  " if step.is_done else "[red]failed[/]"
    out.print(f"{verdict} {escape(f'{step.name:<34} {step.rows:>10,} rows {step.seconds:8.1f} s  {step.note}')}")


def print_steps(steps: Sequence[Step]) -> None:
    """Print the steps of a job as a table, with the total."""
    rows = [[step.name, step.rows, round(step.seconds, 1), step.note] for step in steps]
    total = round(sum(step.seconds for step in steps), 1)
    print_table("What was done", ["step", "rows", "seconds", "note"], [*rows, ["total", None, total, ""]])


@contextmanager
def job() -> Iterator[dict[str, int]]:
    """Print the summary line of a job when the block ends, whether it succeeds or fails; the block fills the counts."""
    counts, start = {"processed": 0, "failed": 0}, time.monotonic()
    try:
        yield counts
    except BaseException:
        counts["failed"] += 1
        raise
    finally:
        milliseconds = round((time.monotonic() - start) * 1000)
        print(f"[INFO] Summary: processed={counts['processed']}, failed={counts['failed']}, "
              f"duration_ms={milliseconds}", flush=True)


@contextmanager
def progress_bar(label: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
    """Show how much of `total` is done while the block runs; the block calls the function with the amount done."""
    with job_progress(label) as show:
        yield lambda done: show({"progress": {"stage": f"{shown(done)} done", "done": done, "total": total}})


@contextmanager
def job_progress(name: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Show stage, share done and other facts of what is at work; the block reports its states.

    On a terminal they are a bar; in a log they are a line every LOG_SECONDS, also while no state arrives.
    """
    with _bar(name) if sys.stderr.isatty() else _log_of(name) as show:
        yield show


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    one_line, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = [SpinnerColumn(), TextColumn("{task.description}", table_column=one_line), BarColumn(bar_width=20),
               TimeElapsedColumn(table_column=one_line),
               TextColumn("{task.fields[facts]}", style="dim", table_column=cut)]
    with Progress(*columns, console=err, transient=True, expand=True) as bar:
        task = bar.add_task(name, total=None, facts="")

        def show(state: Mapping[str, Any]) -> None:
            stage, done, total, facts = _parts(state)
            bar.update(task, description=escape(f"{name}: {stage}"), total=total, completed=done or 0,
                       facts=escape(", ".join(facts)))

        yield show


@contextmanager
def _log_of(name: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    newest: list[Mapping[str, Any]] = [{"state": "started"}]
    ended, start = Event(), time.monotonic()

    def write() -> None:
        while not ended.wait(LOG_SECONDS):
            stage, done, total, facts = _parts(newest[-1])
            counted = f"{shown(done or 0)} of {shown(total)}"
            amount = [counted] if total and not stage.startswith(counted) else []
            log(f"{name}: {', '.join([stage, *amount, *facts])} ({time.monotonic() - start:.0f} s so far)")

    thread = Thread(target=write, daemon=True)
    thread.start()
    try:
        yield lambda state: newest.__setitem__(-1, state)
    finally:
        ended.set()
        thread.join()


def _parts(state: Mapping[str, Any]) -> tuple[str, float | None, float | None, list[str]]:
    """Return (stage, amount done, amount in all, facts) of a state as a service reports it."""
    progress = dict(state.get("progress") or {})
    stage, done, total = (progress.pop(name, None) for name in ("stage", "done", "total"))
    return str(stage or state.get("state")), done, total, job_facts(progress)


def job_facts(progress: Mapping[str, Any]) -> list[str]:
    """Return the facts that a job reports besides its stage, as "name value"."""
    return [f"{name.replace('_', ' ')} {shown(value)}" for name, value in progress.items() if value is not None]


def log(line: str, level: str = "INFO") -> None:
    """Print one line of a log."""
    print(f"[{level}] {line}", flush=True)


class _Printer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log(record.getMessage(), record.levelname)


def print_log() -> None:
    """Print what `python_models` logs, such as a wait for a lock; calling it again changes nothing."""
    logger = logging.getLogger("python_models")
    if not logger.handlers:
        logger.addHandler(_Printer())
        logger.setLevel(logging.INFO)


def fail(error: DreamseedError) -> NoReturn:
    """Print the one line of an error and exit with its code."""
    err.print(f"error: {error}", style="red", markup=False)
    sys.exit(error.exit_code)


def shown(cell: object) -> str:
    """Return a cell as people read it: nothing for null, yes and no, numbers with commas."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return readable(cell) if isinstance(cell, float | Decimal) else str(cell)
