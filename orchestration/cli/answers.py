"""Commands that bring answers into the warehouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import DAY, as_of_option, example, job_pipeline, last_sunday, pass_settings

if TYPE_CHECKING:
    from orchestration.settings import Settings


@click.command(epilog=example("load answers.csv.gz"))
@click.argument("file", type=click.Path(path_type=Path))
@pass_settings
def load(settings: Settings, file: Path) -> None:
    """Load answers from a CSV, CSV.gz or Parquet FILE. Loading a file twice adds nothing."""
    from orchestration import terminal
    from orchestration.jobs.answers import load_file
    from orchestration.stack.stack import Stack

    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    with terminal.job() as counts, terminal.progress_bar(f"load {file.name}") as advance:
        count = load_file(warehouse, file, settings.lock_wait_secs, advance)
        counts["processed"] = count.read
    for notice in count.notices:
        terminal.out.print(f"notice: {notice}", markup=False)
    terminal.print_table(f"Loaded {file.name}", ["read", "new", "already there", "identical copies", "to be rejected"],
                        [[count.read, count.new, count.known, count.copies, count.rejected]])


@click.command("simulate", epilog=example("simulate --learners 500 --weeks 20 --seed 7"))
@click.option("--learners", type=click.IntRange(10, 1_000_000), default=2000, show_default=True,
              help="How many learners.")
@click.option("--weeks", type=click.IntRange(4, 520), default=30, show_default=True,
              help="How many weeks, up to --as-of.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="The same seed gives the same school.")
@click.option("--into", type=click.Choice(["application", "attempt_log"]), default="application", show_default=True,
              help="Exam results with sessions and goals, or plain logged answers.")
@click.option("--learner-types", type=click.IntRange(0, 4), default=0, show_default=True,
              help="Kinds of learners planted in the school; 0: all learners are of one kind.")
@as_of_option
@pass_settings
def simulate_school(settings: Settings, learners: int, weeks: int, seed: int, into: str, learner_types: int,
                    as_of: date) -> None:
    """Write a simulated school whose true parameters are known. They go to the schema `truth`."""
    from orchestration import terminal
    from orchestration.jobs.answers import write_school
    from orchestration.stack.stack import Stack
    from simulated_school import School

    warehouse = Stack(settings).warehouse()
    warehouse.require_tables()
    with terminal.job() as counts:
        school = School(learners=learners, weeks=weeks, seed=seed, as_of=as_of, learner_types=learner_types)
        written = write_school(warehouse, school, settings.lock_wait_secs, into)
        counts["processed"] = sum(rows for rows in written.values() if not isinstance(rows, bool))
    terminal.print_table("Simulated school", ["table", "rows"], [[name, rows] for name, rows in written.items()])


@click.command(epilog=example("demo --data answers.csv.gz --as-of 2017-12-31"))
@click.option("--data", type=click.Path(path_type=Path), help="Real answers; without it a school is simulated.")
@click.option("--as-of", type=DAY, default=last_sunday, show_default="the last Sunday before today in UTC",
              help="The last whole day that the job may read.")
@pass_settings
def demo(settings: Settings, data: Path | None, as_of: date) -> None:
    """Run the whole job once and show what it did. The stack stays up. P comes from the growth fit, as in a cluster."""
    from orchestration import terminal
    from orchestration.jobs.demo import demo_settings, run_demo

    pipeline = job_pipeline(demo_settings(settings))
    with terminal.job() as counts:
        counts["processed"] = run_demo(pipeline, data, as_of)
