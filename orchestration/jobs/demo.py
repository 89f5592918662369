"""The whole job once, for a newcomer: load answers, build the warehouse, fit, build again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from orchestration import terminal
from orchestration.cli import status_tables
from orchestration.jobs.answers import load_file, write_school
from orchestration.jobs.pipeline import Pipeline, require_published
from python_models.errors import NotEstimable, UsageError
from python_models.fitting.fit import Outcome
from simulated_school import School

WATCHLIST = """
    select user_id, round(risk_score::numeric, 3), idle_days, reasons
    from churn_watchlist order by risk_score desc, user_id limit 10"""
FINISHED = """
    select user_id, finished_on, answers, count(*) over ()
    from finished_learners order by finished_on desc, user_id limit 10"""


def run_demo(pipeline: Pipeline, data: Path | None, as_of: date) -> int:
    """Do every step, print what was done, who is most at risk and who has finished; return the number of answers read.

    Raises UsageError when simulated answers would be mixed with real ones.
    """
    pipeline.init()
    answers = _load(pipeline, data) if data else _simulate(pipeline, as_of)
    outcomes: list[Outcome] = []
    refusal: NotEstimable | None = None
    try:
        outcomes = pipeline.run((), as_of)
    except NotEstimable as error:  # everything else was done: show it first
        refusal = error
    with pipeline.step("docs") as step:
        page = pipeline.docs(as_of)
        step.note = str(page)
    terminal.print_steps(pipeline.steps)
    for outcome in outcomes:
        status_tables.print_outcome(outcome)
    _print_learners(pipeline, as_of)
    home = pipeline.settings.home
    terminal.out.print(f"Lineage page: {page}", markup=False)
    terminal.out.print(f"The stack of {home} stays up. Continue with: export DREAMSEED_HOME={home}; "
                      "dreamseed status; dreamseed report --all; stop it with: dreamseed down", markup=False)
    if refusal:
        raise refusal
    require_published(outcomes)
    return answers


def _load(pipeline: Pipeline, data: Path) -> int:
    with pipeline.warehouse.connect() as connection:
        simulated = connection.execute("select to_regclass('truth.school')").fetchone()
    if simulated and simulated[0]:
        raise UsageError("This warehouse holds a simulated school; real answers must not be mixed with it.",
                         "choose another DREAMSEED_HOME for the real answers.")
    with pipeline.step(f"load {data.name}") as step, terminal.progress_bar(f"load {data.name}", total=1) as advance:
        count = load_file(pipeline.warehouse, data, pipeline.settings.lock_wait_secs, advance)
        step.rows = count.read
        step.note = f"{count.new:,} new, {count.known:,} already there, {count.copies:,} identical copies"
    return count.read


def _simulate(pipeline: Pipeline, as_of: date) -> int:
    with pipeline.step("simulate a school") as step:
        school = School(learners=2000, weeks=30, seed=1, as_of=as_of)
        written = write_school(pipeline.warehouse, school, pipeline.settings.lock_wait_secs)
        step.rows = sum(rows for rows in written.values() if not isinstance(rows, bool))
        size = "2,000 learners, 30 weeks, seed 1"
        step.note = "the same school is there already" if written.get("unchanged") else size
    return step.rows


def _print_learners(pipeline: Pipeline, as_of: date) -> None:
    with pipeline.warehouse.connect_released() as connection:
        rows = connection.execute(WATCHLIST).fetchall()
        finished = connection.execute(FINISHED).fetchall()
    terminal.print_table(f"The ten learners most at risk of not answering in the 14 days after {as_of}",
                        ["learner", "S", "days idle", "reasons (effect on the rate of returning)"],
                        [[user, float(str(risk)), idle, reasons] for user, risk, idle, reasons in rows])
    if finished:
        terminal.print_table(f"The newest of {finished[0][3]:,} learners who have solved everything",
                            ["learner", "finished on", "answers"], [row[:3] for row in finished])
