"""Output for people: tables, progress, log lines, one line for an error, one summary line for a job."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from python_models.errors import DreamseedError

if TYPE_CHECKING:
    from orchestration.jobs.pipeline import Step

# In a file or pipe, tables are not squeezed to the width of a terminal.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print `rows` under `columns`; numbers are right-aligned."""
    cells = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float | Decimal) or row[index] is None for row in cells) and cells
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(escape(_shown(cell)) for cell in row))
    out.print(table)


def print_step(step: Step) -> None:
    """Print one finished step of a job."""
    done = f"{step.name:<34} {step.rows:>10,} rows {step.seconds:8.1f} s  {step.note}"
    out.print(f"[green]done[/] {escape(done)}")


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
    """Show a bar while the block runs (on a terminal only); the block calls the function with the amount done."""
    columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
               TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn()]
    bar = Progress(*columns, console=err, transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def job_progress(fit: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Show a fit's stage, share done and other facts as a bar (on a terminal only); the block reports its states."""
    one_line, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = [SpinnerColumn(), TextColumn("{task.description}", table_column=one_line), BarColumn(bar_width=20),
               TimeElapsedColumn(table_column=one_line),
               TextColumn("{task.fields[facts]}", style="dim", table_column=cut)]
    with Progress(*columns, console=err, transient=True, expand=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(fit, total=None, facts="")

        def show(state: Mapping[str, Any]) -> None:
            progress = dict(state.get("progress") or {})
            stage, done, total = (progress.pop(name, None) for name in ("stage", "done", "total"))
            bar.update(task, description=escape(f"{fit}: {stage or state.get('state')}"), total=total,
                       completed=done or 0, facts=escape(", ".join(job_facts(progress))))

        yield show


def job_facts(progress: Mapping[str, Any]) -> list[str]:
    """Return the facts that a fit reports besides its stage, as "name value"."""
    return [f"{name.replace('_', ' ')} {_shown(value)}" for name, value in progress.items() if value is not None]


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


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:g}" if isinstance(cell, float | Decimal) else str(cell)
