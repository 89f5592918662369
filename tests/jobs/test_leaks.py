"""The leak trap: what comes after as_of may not move a prediction, and a covariate that knows it is caught."""

from datetime import timedelta

import psycopg
import pytest
import slow
from builders import AS_OF, NO_TESTS

from orchestration.jobs.pipeline import Pipeline
from python_models.warehouse.connection import connect

pytestmark = slow.of_fit("survival", "forecast/survival*.R", "builds from scratch and fits, four times", also=[
    "dbt_project/models/core/*", "dbt_project/models/kpis/*"])
DAY = AS_OF - timedelta(days=28)

# Every answer given after the day is turned round, every session moved, a third of the exams handed to others.
CHANGES = (
    """update exam_results set
        result_json = replace(replace(replace(result_json::text, '"is_correct": true', '"is_correct": maybe'),
            '"is_correct": false', '"is_correct": true'), '"is_correct": maybe', '"is_correct": false')::jsonb,
        user_id = case when md5(id::text) < '5' then (select min(user_id) from exam_results) else user_id end,
        updated_at = updated_at + interval '1 hour'
    where created_at >= %(day)s::date + 1""",
    "update session set ended_at = ended_at + interval '1 minute' where started_at >= %(day)s::date + 1",
    "delete from interest_goal where created_at >= %(day)s::date + 1")


@pytest.fixture(scope="module")
def earlier(small_school):
    """A small school that has gone on for four weeks after the day of the fit."""
    return Pipeline(small_school.settings, force=True)


def fit_again(pipeline):
    """Build what the fit reads, whole, and fit."""
    pipeline.build("inputs", ("--select", "+exposure:survival", "--full-refresh", *NO_TESTS), DAY)
    return pipeline.fit(pipeline.dbt(DAY).parse().fit("survival"), DAY)


def predictions(pipeline, run_id):
    with connect(pipeline.database_url) as connection:
        return connection.execute("""
            select string_agg((to_jsonb(risk) - '{run_id,fitted_at}'::text[])::text, E'\\n' order by user_id)
            from survival_risk as risk where run_id = %s""", [run_id]).fetchone()[0]


def test_every_row_after_as_of_may_change_and_no_byte_of_a_prediction_does(earlier):
    first = fit_again(earlier)
    with psycopg.connect(earlier.database_url, autocommit=True) as connection:
        changed = [connection.execute(change, {"day": DAY}).rowcount for change in CHANGES]
    assert changed[0] > 500 and changed[1] > 500
    second = fit_again(earlier)
    assert (first.status, second.status) == ("published", "published") and first.run_id != second.run_id
    before = predictions(earlier, first.run_id)
    assert before.count("\n") > 200
    assert predictions(earlier, second.run_id) == before


def test_a_covariate_that_knows_what_came_later_is_caught_and_named(earlier):
    manifest = earlier.dbt(DAY).parse()
    with psycopg.connect(earlier.database_url, autocommit=True) as connection:
        connection.execute("create table kept as select * from public_fits.survival_input")
        connection.execute("update public_fits.survival_input set accuracy = "
                           "case when returned then 1 / observed_gap_days::float8 else 0 end")
        try:
            outcome = earlier.fit(manifest.fit("survival"), DAY)
        finally:
            connection.execute("truncate public_fits.survival_input")
            connection.execute("insert into public_fits.survival_input select * from kept")
            connection.execute("drop table kept")
    assert outcome.status == "rejected"
    assert any("covariate_auc" in reason for reason in outcome.reasons)
    assert any("covariate accuracy alone predicts who stays away" in notice for notice in outcome.notices)
