"""The whole job once, for a newcomer: load answers, build the warehouse, fit, build again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

from orchestration import terminal
from orchestration.cli import outcomes
from orchestration.jobs.answers import load_file, write_school
from orchestration.jobs.pipeline import Pipeline, require_published
from orchestration.jobs.refusals import require_estimable
from orchestration.jobs.reports import Order, deliver
from orchestration.settings import Settings
from python_models.errors import DreamseedError, UsageError
from reports.delivery.sinks import sink_of
from reports.sources.records import Week
from simulated_school import School

BUSIEST = """
    select user_id from weekly_kpi_flat where week_start = %s and n_attempts > 0
    order by n_attempts desc, user_id limit 1"""
WATCHLIST = """
    select user_id, round(risk_score::numeric, 3), idle_days, reasons
    from churn_watchlist order by risk_score desc, user_id limit 10"""
FINISHED = """
    select user_id, finished_on, answers, count(*) over ()
    from finished_learners order by finished_on desc, user_id limit 10"""


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of a demo: METRICS_USE_BAYESIAN is true unless the environment says otherwise."""
    if "metrics_use_bayesian" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"metrics_use_bayesian": True})


def run_demo(pipeline: Pipeline, data: Path | None, as_of: date) -> int:
    """Do every step, print what was done, who is most at risk and who has finished; return the number of answers read.

    Raises UsageError when simulated answers would be mixed with real ones, NotEstimable or RejectedError at the end
    when a fit was not published.
    """
    pipeline.init()
    answers = _load(pipeline, data) if data else _simulate(pipeline, as_of)
    with pipeline.job("run"):
        ended = pipeline.attempt((), as_of, ends=False)
        ended += pipeline.attempt((), as_of, job="detect-inactivity", ends=False)
    with pipeline.step("docs") as step:
        page = pipeline.docs(as_of)
        step.note = str(page)
    report = _report(pipeline, as_of)
    terminal.print_steps(pipeline.steps)
    outcomes.print_all(*outcomes.parts(ended))
    _print_learners(pipeline, as_of)
    home = pipeline.settings.home
    bayesian = str(pipeline.settings.metrics_use_bayesian).lower()
    terminal.out.print(f"The stack of {home} stays up. Continue with: export DREAMSEED_HOME={home} "
                      f"METRICS_USE_BAYESIAN={bayesian}; dreamseed status; "
                      "dreamseed report --all; stop it with: dreamseed down", markup=False)
    terminal.out.print(f"Lineage page: {page}", markup=False)
    terminal.out.print(f"A report to open: {report}" if report else
                       f"No report: no learner has a row in the last complete week before {as_of}.", markup=False)
    if hint := _other_day(pipeline, data, as_of):
        terminal.out.print(hint, markup=False)
    require_estimable(ended)
    require_published(ended)
    return answers


def _report(pipeline: Pipeline, as_of: date) -> str | None:
    """Write the report of the learner with the most answers in the last complete week; None if there is no such."""
    week = Week.of(as_of - timedelta(days=6))
    with pipeline.warehouse.connect_released() as connection:
        found = connection.execute(BUSIEST, [week.start]).fetchone()
    if found is None:
        return None
    sink = sink_of(pipeline.settings.report_uri or str(pipeline.settings.home))
    with pipeline.step("report") as step:
        done = deliver(pipeline.warehouse, sink, Order(week, users=[str(found[0])]))
        step.rows, step.note = len(done.files), done.place
    if done.failed:
        raise DreamseedError(f"The report of {found[0]} was not delivered: {done.failed[0][1]}.",
                             "see `dreamseed report --help`.")
    return unquote(done.files[0].url.removeprefix("file://"))


def _other_day(pipeline: Pipeline, data: Path | None, as_of: date) -> str | None:
    """Return the line for whose answers are older than `as_of`: which day knows their last complete week."""
    with pipeline.warehouse.connect() as connection:
        found = connection.execute("select (max(completed_at) at time zone 'UTC')::date from attempt").fetchone()
    newest = found[0] if found else None
    if data is None or not isinstance(newest, date):
        return None
    sunday = newest - timedelta(days=newest.isoweekday() % 7)
    if sunday + timedelta(days=7) >= as_of:
        return None
    return (f"The answers end on {newest}, long before {as_of}, so the last weeks are empty. For their last complete "
            f"week: make demo DATA={data} AS_OF={sunday}")


def _load(pipeline: Pipeline, data: Path) -> int:
    with pipeline.warehouse.connect() as connection:
        simulated = connection.execute("select to_regclass('truth.school')").fetchone()
    if simulated and simulated[0]:
        raise UsageError("This warehouse holds a simulated school; real answers must not be mixed with it.",
                         "choose another DREAMSEED_HOME for the real answers.")
    with pipeline.step(f"load {data.name}") as step, terminal.progress_bar(f"load {data.name}") as advance:
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
