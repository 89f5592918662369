"""Forecasts of the real answers: 70 series over 153 weeks."""

from datetime import date

import pytest

from python_models.warehouse.connection import connect

AS_OF = date(2017, 12, 31)
pytestmark = pytest.mark.slow(reason="70 series take a minute of both cores; a simulated school has fewer", concerns=[
    "r-services/forecast/forecast*.R", "r-services/forecast/parallel.R", "dbt_project/models/fits/forecast/*"])


@pytest.fixture(scope="module")
def real(load_real_answers):
    """The real answers loaded, built and forecast as of the last day of 2017."""
    pipeline = load_real_answers()
    pipeline.outcome = pipeline.run(("forecast",), AS_OF)[0]
    return pipeline


def ask(pipeline, query):
    with connect(pipeline.database_url) as connection:
        return connection.execute(query).fetchall()


def test_every_metric_is_forecast_no_worse_than_naively_and_the_weeks_that_followed_lie_in_the_bands(real):
    """17 topics and all answers; the first four weeks of 2018 were never seen by the fit."""
    assert real.outcome.status == "published", real.outcome.reasons
    found = ask(real, "select metric, count(*), max(mase) from prophet_fit_meta where status = 'forecast' group by 1")
    series = {metric: n for metric, n, _ in found}
    assert series["answers"] == series["active_learners"] == series["accuracy"] == 18 and series["I_t"] == 1
    assert max(worst for *_, worst in found) <= 1 + 1e-9
    n, n_held = ask(real, """
        with weekly as (
            select topic_id, date_trunc('week', completed_at at time zone 'UTC')::date as week_start,
                count(*) as answers
            from attempt group by grouping sets ((2), (1, 2)))
        select count(*), count(*) filter (where answers between yhat_lower and yhat_upper)
        from metric_forecast join weekly using (week_start)
        where metric = 'answers' and scope = coalesce('topic:' || topic_id, 'all')""")[0]
    assert n > 60
    assert n_held / n > 0.8


def test_the_fall_after_the_launch_is_a_level_shift_with_its_date_and_size(real):
    """Three weeks of 760, 582 and 577 answers after one of 4,585; the five forecast before them cannot be judged."""
    changes = ask(real, """
        select change ->> 'ds', (change ->> 'delta')::float, (change ->> 'upper')::float
        from prophet_fit_meta, jsonb_array_elements(changepoints) as change
        where metric = 'answers' and scope = 'all' and change ->> 'kind' = 'level' order by 1""")
    assert [day for day, *_ in changes] == ["2015-07-27"]
    _, delta, upper = changes[0]
    assert delta == pytest.approx(582 / 4585 - 1, abs=0.01)
    assert upper < 0
    assert ask(real, """
        select judgement, count(*) from public_fits.stg_forecast__points
        where is_newest and kind = 'one_step' and metric = 'answers' and scope = 'all' and week_start < '2015-07-27'
        group by 1""") == [("not_enough_data", 5)]
