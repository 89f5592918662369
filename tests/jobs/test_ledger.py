"""The graded ledger and the alerts of a school that is fitted each week: nine weeks, and all 26 in `make test-slow`."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
import slow
from builders import AS_OF, shared_services

from orchestration.jobs.pipeline import NO_UNIT_TESTS, Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

pytestmark = pytest.mark.data_tests

WEEKS, BROKEN_FROM = 26, 13
AROUND_THE_FAULT = range(10, 19)
LEDGER = ("int_churn_crossings", "churn_alert", "prediction_score", "prediction_calibration")
WARNING = "assert_live_calibration_keeps_its_band"
TABLES = ("public_staging.int_churn_crossings", "churn_alert", "prediction_score", "prediction_calibration")


def landmark(week):
    """The Sunday that ends week 1 to 26; the horizon of the last one ends on AS_OF."""
    return AS_OF - timedelta(days=14 + 7 * (WEEKS - week))


def ask(pipeline, query, *values):
    with connect(pipeline.database_url) as connection:
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def build(pipeline, day, *flags):
    return pipeline.dbt(day).build("--select", *LEDGER, WARNING, *NO_UNIT_TESTS, *flags, quiet=True)


def rows(pipeline):
    return {table: sorted(ask(pipeline, f"select to_jsonb(t)::text from {table} as t")) for table in TABLES}


def set_inputs(pipeline, day):
    """Fill the fit's inputs by the models' own SQL as of another day: building them 26 times would take minutes."""
    compiled = pipeline.settings.home / "target" / "compiled" / "dreamseed_analytics" / "dbt_project" / "models"
    def query(model):
        return (compiled / "fits" / "survival" / f"{model}.sql").read_text().replace(f"{AS_OF}", f"{day}")

    with connect(pipeline.database_url) as connection:
        connection.execute(f"create or replace view public_fits.int_survival_days as {query('int_survival_days')}")
        for model in ("survival_input", "survival_input__at_risk"):
            connection.execute(f"truncate public_fits.{model}")
            connection.execute(f"insert into public_fits.{model} {query(model)}")
        connection.commit()


def break_from(pipeline, week):
    """From `week` on each fit is followed, the same day, by one whose S is the reverse."""
    with connect(pipeline.database_url) as connection:
        connection.execute("""
            insert into fit_run (run_id, fit, as_of, status, params, started_at)
            select 'broken-' || as_of, fit, as_of, 'published', params, clock_timestamp()
            from fit_run where as_of >= %s and status = 'published'""", [landmark(week)])
        connection.execute("""
            insert into survival_risk (run_id, fitted_at, user_id, risk_score, idle_days, status, contributions,
                horizon_days)
            select broken.run_id, fitted_at, user_id, 1 - risk_score, idle_days, risk.status, contributions,
                horizon_days
            from fit_run as broken join fit_run as sound using (as_of)
            join survival_risk as risk on risk.run_id = sound.run_id
            where broken.run_id like 'broken-%%' and sound.run_id not like 'broken-%%' and sound.status = 'published'
            """)
        connection.commit()


def withdraw_what_is_broken(pipeline):
    with connect(pipeline.database_url) as connection:
        connection.execute("update fit_run set status = 'withdrawn' where run_id like 'broken-%'")
        connection.commit()


@dataclass
class Replay:
    """26 weeks as they went by: what was published, and the builds on the way."""

    pipeline: Pipeline
    weeks: range
    published: list
    builds: dict
    first_week_off: list
    warned: list


FAULT = slow.of_fit("survival", "forecast/survival*.R", "nine weeks of fits around a fault, and all 26", also=[
    "dbt_project/models/kpis/quality/*", "dbt_project/models/kpis/churn/*"])


@pytest.fixture(scope="module", params=[AROUND_THE_FAULT, range(1, WEEKS + 1)],
                ids=lambda weeks: f"{len(weeks)}-weeks")
def replay(stack, templates, tmp_path_factory, request):
    """A school fitted as of each of these Sundays, broken from week 13 on, fixed after week 16.

    So small a school has a good fit rejected now and then; that week has no S of its own.
    """
    url = templates.copy(templates.migrated(), f"ledger_{len(request.param)}")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("ledger"),
                                      churn_alert_top=0.05, survival_lookback_days=42, **shared_services(stack)))
    with connect(url) as connection:
        simulate(connection, School(learners=1000, weeks=36, seed=11, as_of=AS_OF))
    pipeline.dbt(AS_OF).build("--select", "+prediction_calibration", "+churn_alert", "--exclude", *LEDGER,
                              "--exclude-resource-type", "test", *NO_UNIT_TESTS, quiet=True)
    fit = pipeline.dbt(AS_OF).parse().fit("survival")
    for week in request.param:
        set_inputs(pipeline, landmark(week))
        pipeline.fit(fit, landmark(week))
    published = [day for (day,) in ask(pipeline, "select as_of from fit_run where status = 'published'")]
    builds = {12: build(pipeline, landmark(12))}
    break_from(pipeline, BROKEN_FROM)
    builds |= {week: build(pipeline, landmark(week)) for week in (14, 16)}
    off = ask(pipeline, "select min(week_start) + 6 from prediction_calibration where is_slope_off")
    warned = ask(pipeline, "select name, failures from test_result where status = 'warn'")
    withdraw_what_is_broken(pipeline)
    builds[28] = build(pipeline, AS_OF)
    return Replay(pipeline, request.param, published, builds, off, warned)


@FAULT
def test_a_model_broken_in_week_13_raises_the_warning_by_week_16(replay):
    assert landmark(BROKEN_FROM) in replay.published
    warnings = {week: built.warnings for week, built in replay.builds.items()}
    assert warnings == {12: 0, 14: 0, 16: 1, 28: 0}  # what was broken is withdrawn after week 16
    assert replay.first_week_off == [(landmark(15),)]  # week 13's S, two weeks later
    assert replay.warned == [(WARNING, 2)]


@FAULT
def test_no_good_week_leaves_the_band(replay):
    weeks = ask(replay.pipeline, "select week_start, n_graded, is_judged, is_gap_off or is_slope_off "
                                 "from prediction_calibration")
    assert len(weeks) == len(replay.published) >= len(replay.weeks) - 3
    assert all(n > 100 and judged and not off for _, n, judged, off in weeks)


@FAULT
def test_chance_alone_hardly_ever_raises_the_warning(replay):
    """2,000 replays in which what was said is right: fewer than 1 in 100 has a week off."""
    rng = np.random.default_rng(1)
    replays, false_alarms = 2000, np.zeros(2000, dtype=bool)
    said = {}
    for week, expected in ask(replay.pipeline, "select date_trunc('week', horizon_end::timestamp), expected "
                                               "from prediction_score where grade = 'graded'"):
        said.setdefault(week, []).append(expected)
    for expected in map(np.array, said.values()):
        happened = rng.random((replays, expected.size)) < expected
        spread, variance = expected - expected.mean(), expected * (1 - expected)
        slope, slope_se = happened @ spread / (spread @ spread), np.sqrt(spread**2 @ variance) / (spread @ spread)
        gap, gap_se = happened.mean(axis=1) - expected.mean(), np.sqrt(variance.sum()) / expected.size
        false_alarms |= (abs(gap) - 3 * gap_se > 0.1) | (slope + 3 * slope_se < 0.5) | (slope - 3 * slope_se > 2)
    assert false_alarms.mean() < 0.01


@FAULT
def test_every_published_prediction_whose_horizon_passed_is_graded_once(replay):
    assert ask(replay.pipeline, """
        select count(*) from (select risk.* from survival_risk as risk join fit_run using (run_id)
            where fit_run.status = 'published') as risk full join prediction_score as score using (run_id, user_id)
        where risk.run_id is null or score.run_id is null""") == [(0,)]
    wrong = ask(replay.pipeline, """
        with days as (select distinct user_id, (completed_at at time zone 'UTC')::date as day from attempt),
        back as (select distinct run_id, user_id from prediction_score as score join days using (user_id)
            where days.day between score.as_of + 1 and score.as_of + 14)
        select count(*) from prediction_score as score left join back using (run_id, user_id)
        where score.outcome = (back.run_id is not null)""")
    assert wrong == [(0,)]


@FAULT
def test_alerts_are_one_for_each_absence_and_no_more_than_the_capacity(replay):
    alerts = ask(replay.pipeline, """
        select count(*), count(distinct (user_id, resolved_on)), count(*) filter (where resolved_on is null),
            bool_and(last_seen_on < first_alerted_on and resolved_on is distinct from first_alerted_on),
            bool_and(reasons like '%%\\%%)'), count(*) filter (where rule like '%%top')
        from churn_alert""")[0]
    n = len(replay.weeks)
    assert alerts[0] == alerts[1] > 7 * n and 0 < alerts[2] < alerts[0] and alerts[3] and alerts[4]
    assert alerts[5] > 2 * n - 2
    assert ask(replay.pipeline, """
        select count(*) from (select run_as_of, count(*) filter (where is_top) as n, count(*) as of
            from (select run_as_of, risk_score > top_threshold as is_top
                from public_fits.stg_survival__risks join (select distinct run_id, top_threshold
                    from public_staging.int_churn_crossings) as tops using (run_id)
                where not is_churned) as risks group by 1) as runs where n > 0.05 * of or n < 0.04 * of""") == [(0,)]


@FAULT
def test_a_full_refresh_gives_the_same_ledger_and_alerts(replay):
    """What grew by four builds, with runs that came and went, is what one build from nothing gives."""
    grown = rows(replay.pipeline)
    build(replay.pipeline, AS_OF, "--full-refresh")
    refreshed = rows(replay.pipeline)
    for table in TABLES:
        assert grown[table] == refreshed[table], table
    assert all(refreshed.values())
