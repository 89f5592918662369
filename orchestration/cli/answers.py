"""Commands that bring answers in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from orchestration import terminal
from orchestration.cli.options import DAY, as_of_option, example, job_pipeline, last_sunday
from orchestration.jobs.demo import run_demo
from orchestration.jobs.pipeline import Pipeline, require_tables
from orchestration.settings import Settings
from python_models import answers
from python_models.warehouse.connection import connect
from simulated_school import School, simulate


@click.command(epilog=example("load answers.csv.gz"))
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def load(settings: Settings, file: Path) -> None:
    """Load answers from a tidy CSV, CSV.gz or Parquet FILE; loading it twice adds nothing."""
    pipeline = Pipeline(settings)
    require_tables(pipeline.database_url, settings.dbt_schema)
    with terminal.job() as counts, terminal.progress_bar(f"load {file.name}", total=1) as advance, \
            connect(pipeline.database_url, settings.dbt_schema) as connection:
        count = answers.load(connection, file, advance, schema=settings.dbt_schema)
        counts["processed"] = count.read
    for notice in count.notices:
        terminal.out.print(f"notice: {notice}", markup=False)
    terminal.print_table(f"Loaded {file.name}", ["read", "new", "already there", "identical copies", "to be rejected"],
                        [[count.read, count.new, count.known, count.copies, count.rejected]])


@click.command("simulate", epilog=example("simulate --learners 500 --weeks 20 --seed 7"))
@click.option("--learners", type=click.IntRange(10, 1_000_000), default=2000, show_default=True)
@click.option("--weeks", type=click.IntRange(4, 520), default=30, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--into", type=click.Choice(["application", "attempt_log"]), default="application", show_default=True,
              help="Exam results with sessions and goals, or plain logged answers.")
@click.option("--learner-types", type=click.IntRange(0, 4), default=0, show_default=True,
              help="Ways of learning planted in the school; 0: all learners are of one kind.")
@as_of_option
@click.pass_obj
def simulate_school(settings: Settings, learners: int, weeks: int, seed: int, into: str, learner_types: int,
                    as_of: date) -> None:
    """Write a simulated school whose true parameters are known (schema `truth`)."""
    pipeline = Pipeline(settings)
    require_tables(pipeline.database_url, settings.dbt_schema)
    with terminal.job() as counts, connect(pipeline.database_url, settings.dbt_schema) as connection:
        school = School(learners=learners, weeks=weeks, seed=seed, as_of=as_of, learner_types=learner_types)
        made = simulate(connection, school, into=into, schema=settings.dbt_schema)
        counts["processed"] = sum(rows for rows in made.values() if not isinstance(rows, bool))
    terminal.print_table("Simulated school", ["table", "rows"], [[name, rows] for name, rows in made.items()])


@click.command(epilog=example("demo --data answers.csv.gz --as-of 2017-12-31"))
@click.option("--data", type=click.Path(path_type=Path), help="Real answers; without it a school is simulated.")
@click.option("--as-of", type=DAY, default=last_sunday, show_default="the newest Sunday that is over",
              help="The last whole day the job may look at.")
@click.pass_obj
def demo(settings: Settings, data: Path | None, as_of: date) -> None:
    """Do the whole job once and show what it did; leaves the stack up."""
    pipeline = job_pipeline(settings)
    with terminal.job() as counts:
        counts["processed"] = run_demo(pipeline, data, as_of)
