"""The forecast fit on simulated schools: what is planted is found, and no week is judged by a later one."""

from datetime import timedelta

import pytest
import slow
from builders import AS_OF, create_database, shared_services

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.errors import NotEstimable
from python_models.warehouse.connection import connect
from reports.charts import forecast as forecast_pictures
from simulated_school import Disturbance, School, simulate

WEEKS, SPIKE, SHIFT = 60, 46, 52  # numbers of weeks, from 0
EARLIER = AS_OF - timedelta(weeks=10)  # after the spike, before the shift
DISTURBED = slow.of_fit("forecast", "forecast/forecast*.R", "sixty weeks with planted changes, forecast twice", also=[
    "dbt_project/models/kpis/series/*", "reports/charts/forecast.py"])
MONDAYS = [AS_OF - timedelta(days=6) - timedelta(weeks=WEEKS - 1 - week) for week in range(WEEKS)]


def ask(pipeline, query, *values):
    with connect(pipeline.database_url) as connection:
        return connection.execute(query, values).fetchall()


def fit(pipeline, day, **flags):
    changed = Pipeline(pipeline.settings.model_copy(update=flags), force=True)
    changed.build("inputs", ("--select", "+forecast_input", "--exclude-resource-type", "unit_test", "test"), day)
    return changed.fit(changed.dbt(day).parse().fit("forecast"), day)


def weeks_judged(pipeline, run_id, until=AS_OF):
    return ask(pipeline, """
        select metric, scope, week_start, yhat, yhat_lower, yhat_upper, method, value, anomaly_score
        from forecast_points where run_id = %s and kind = 'one_step' and week_start <= %s
        order by 1, 2, 3""", run_id, until)


def test_the_whole_job_leaves_forecasts_with_intervals_in_the_marts(school):
    outcome = next(outcome for outcome in school.outcomes if outcome.run_id.startswith("forecast-"))
    assert outcome.status == "published", outcome.reasons
    ahead = ask(school, """
        select metric, scope, count(*), min(week_start), bool_and(yhat_lower <= yhat and yhat <= yhat_upper),
            bool_and(metric <> 'accuracy' or (yhat_lower >= 0 and yhat_upper <= 1))
        from metric_forecast group by 1, 2""")
    assert {("answers", "all"), ("active_learners", "all"), ("accuracy", "all"), ("I_t", "all")} < \
        {(metric, scope) for metric, scope, *_ in ahead}
    assert len(ahead) > 25
    assert {row[2:] for row in ahead} == {(4, AS_OF + timedelta(days=1), True, True)}
    assert ask(school, "select count(*) from prophet_fit_meta where mase > 1") == [(0,)]
    assert ask(school, """
        select table_name::text from information_schema.tables
        where table_schema = 'public' and table_name like 'prophet%%' order by 1""") == [
            ("prophet_anomalies",), ("prophet_fit_meta",)]


def test_news_and_the_older_view_are_the_flagged_weeks_of_the_look_back(school):
    news = ask(school, "select metric, scope, week_start, detected_at from anomalies order by 1, 2, 3")
    assert news == ask(school, """
        select metric, scope, week_start, cast(week_start + 7 as timestamp) at time zone 'UTC'
        from public_fits.stg_forecast__points
        where judgement in ('anomaly', 'level_shift') and week_start > %s order by 1, 2, 3""",
                       AS_OF - timedelta(days=6) - timedelta(weeks=12))
    assert ask(school, "select count(*), count(reading) from metric_anomaly") == [(len(news), len(news))]


@pytest.fixture(scope="module")
def disturbed(stack, tmp_path_factory):
    """A school of 60 weeks with a week of many answers and, from week 52 on, harder questions."""
    url = create_database(stack.database_url(), "disturbed")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("disturbed"),
                                      **shared_services(stack)))
    pipeline.init()
    with connect(url) as connection:
        simulate(connection, School(learners=400, weeks=WEEKS, seed=3, as_of=AS_OF, topics=2, disturbances=(
            Disturbance("answers", SPIKE, 1, 4.0), Disturbance("accuracy", SHIFT, WEEKS - SHIFT, -2.0))))
    pipeline.outcome = fit(pipeline, AS_OF)
    return pipeline


@DISTURBED
def test_a_planted_spike_and_a_planted_shift_are_found_with_their_dates(disturbed):
    assert disturbed.outcome.status == "published", disturbed.outcome.reasons
    run_id = disturbed.outcome.run_id
    spike = ask(disturbed, """
        select judgement, anomaly_score > 2.5 from forecast_points
        where run_id = %s and kind = 'one_step' and metric = 'answers' and scope = 'all' and week_start = %s""",
                run_id, MONDAYS[SPIKE])
    assert spike == [("anomaly", True)]
    shift = ask(disturbed, """
        select change ->> 'ds', (change ->> 'delta')::float < -0.1, change ->> 'unit'
        from prophet_fit_meta, jsonb_array_elements(changepoints) as change
        where run_id = %s and metric = 'accuracy' and scope = 'all' and change ->> 'kind' = 'level'""", run_id)
    assert shift == [(MONDAYS[SHIFT].isoformat(), True, "difference")]
    after = ask(disturbed, """
        select count(*) from forecast_points where run_id = %s and kind = 'one_step' and metric = 'accuracy'
            and scope = 'all' and week_start >= %s and judgement <> 'usual'""", run_id, MONDAYS[SHIFT + 3])
    assert after[0][0] <= 1  # it is not flagged forever


@DISTURBED
def test_what_was_said_of_a_week_stays_said_whatever_comes_later(disturbed):
    """A fit ten weeks earlier; then with all answers after that day turned round: not a digit differs."""
    full = weeks_judged(disturbed, disturbed.outcome.run_id, EARLIER)
    first = fit(disturbed, EARLIER)
    assert weeks_judged(disturbed, first.run_id) == full and len(full) > 300
    with connect(disturbed.database_url) as connection:
        changed = connection.execute("""
            update exam_results set result_json = replace(result_json::text, '"is_correct": true',
                '"is_correct": false')::jsonb, updated_at = updated_at + interval '1 hour'
            where created_at >= %s::date + 1""", [EARLIER]).rowcount
    second = fit(disturbed, EARLIER)
    assert changed > 50 and second.run_id != first.run_id
    everything = ("select (to_jsonb(t) - '{run_id,fitted_at}'::text[])::text from %s as t "
                  "where run_id = %%s order by 1")
    for table in ("forecast_points", "prophet_anomalies", "prophet_fit_meta"):
        assert ask(disturbed, everything % table, second.run_id) == ask(disturbed, everything % table, first.run_id)


@DISTURBED
def test_too_little_of_everything_is_refused_with_the_numbers(disturbed):
    early = AS_OF - timedelta(weeks=WEEKS - 5)
    with pytest.raises(NotEstimable, match="the longest has 5 complete weeks, 8 are needed"):
        fit(disturbed, early)


@DISTURBED
def test_each_series_has_a_picture_that_says_what_it_shows(disturbed):
    with connect(disturbed.database_url) as connection:
        pictures = {picture.name: picture for picture in forecast_pictures.draw(connection, disturbed.outcome.run_id)}
    answers = pictures["answers-all"]
    assert MONDAYS[SPIKE].isoformat() in answers.description and "weeks forecast" in answers.description
    assert answers.svg.startswith("<svg") and answers.description in answers.svg.replace("&#x27;", "'")
    assert f"{MONDAYS[SHIFT].isoformat()} (-0." in pictures["accuracy-all"].description
    for mark in ("outside of what was expected", "the level shifts"):
        assert mark in answers.svg  # named in the legend, not by colour alone
