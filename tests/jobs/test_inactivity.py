"""`detect-inactivity`: learners are scored again from the stored models, and the KPIs read it."""

from datetime import timedelta

import pytest
from builders import AS_OF, NO_TESTS

from orchestration.graph.plan import Slice
from orchestration.jobs.pipeline import Pipeline
from python_models.errors import NotEstimable
from python_models.warehouse import run_log
from python_models.warehouse.connection import connect

pytestmark = pytest.mark.data_tests

JOB = "detect-inactivity"
DAY = AS_OF + timedelta(days=10)  # nobody answers after AS_OF, so everybody is ten days longer idle
LATER = DAY + timedelta(days=2)


@pytest.fixture(scope="module")
def idle(school):
    """A copy of the school, fitted as of AS_OF; P comes from growth."""
    return Pipeline(school.settings.model_copy(update={"metrics_use_bayesian": True}))


def ask(pipeline, query, *values):
    with connect(pipeline.database_url) as connection:
        return connection.execute(query, values).fetchall()


def run_of(outcomes, fit):
    return next(outcome for outcome in outcomes if outcome.run_id.startswith(f"{fit}-"))


def churn_until(pipeline, day):
    """S of the weeks up to a day; P differs, because the template computed it without growth."""
    return ask(pipeline, "select user_id, week_start, kpis ->> 'S', kpis ->> 'S_source' from weekly_kpi "
                         "where as_of <= %s order by 1, 2", day)


def score_again(pipeline, fit, day):
    """Score from what is built, without building anything."""
    return pipeline.fit(pipeline.dbt(day).parse().fit(fit), day)


def test_as_of_the_fits_own_day_the_stored_model_scores_as_the_fit_did(idle):
    """For everybody at risk."""
    scored = score_again(idle, "idle_risk", AS_OF)
    assert scored.status == "published", scored.reasons
    differing = ask(idle, """
        select count(*) from public_fits.stg_survival__risks as fitted
        full join (select * from survival_risk where run_id = %s) as scored using (user_id)
        where fitted.user_id is null or scored.user_id is null
            or abs(fitted.risk_score - scored.risk_score) > 1e-9 or fitted.status <> scored.status""", scored.run_id)
    assert differing == [(0,)] and scored.rows_out > 100


@pytest.fixture(scope="module")
def later(idle):
    """The job ten days later, and the weeks as they were before it."""
    before = churn_until(idle, AS_OF)
    idle.build("the day's KPIs", ("--select", "+weekly_kpi", *NO_TESTS), DAY)  # the week is built before it is scored
    outcomes = idle.run((), DAY, job=JOB)
    return before, {fit: run_of(outcomes, fit) for fit in ("idle_risk", "idle_growth")}


def test_idle_learners_are_scored_by_runs_of_their_own_without_a_refit(idle, later):
    _, outcomes = later
    assert {outcome.status for outcome in outcomes.values()} == {"published"}
    assert ask(idle, "select distinct fit from fit_run where as_of = %s order by 1", DAY) == [
        ("idle_growth",), ("idle_risk",)]
    models = ask(idle, "select fit, params ->> 'model_run_id', params -> 'model_age_days', params ? 'model' "
                       "from fit_run where as_of = %s order by 1", DAY)
    assert [(fit, model.split("-")[0], age, kept) for fit, model, age, kept in models] == [
        ("idle_growth", "growth", 10, False), ("idle_risk", "survival", 10, False)]


def test_the_week_reads_the_scorings_and_lapsed_learners_are_churned(idle, later):
    found = ask(idle, """
        select kpis ->> 'S_source', risks.idle_days >= 14, count(*), bool_and(
            (kpis ->> 'S')::float = round(risks.risk_score::numeric, 6)::float)
        from weekly_kpi join public_fits.stg_idle_risk__risks as risks using (user_id)
        where weekly_kpi.as_of = %s and risks.run_as_of = %s group by 1, 2 order by 1""", DAY, DAY)
    assert [(source, lapsed, equal) for source, lapsed, n, equal in found] == [
        ("churned", True, True), ("survival", False, True)]
    assert all(n > 20 for _, _, n, _ in found)
    found = ask(idle, """
        select count(*) > 100, bool_and((kpis ->> 'P')::float = round(probability::numeric, 6)::float
            and kpis ->> 'P_method' = 'bayesian' and goal_date > run_as_of)
        from weekly_kpi join public_fits.stg_idle_growth__predictions using (user_id)
        where weekly_kpi.as_of = %s and run_as_of = %s""", DAY, DAY)
    assert found == [(True, True)]


def test_earlier_weeks_are_left_as_they_were(idle, later):
    before, _ = later
    assert churn_until(idle, AS_OF) == before


def test_doing_it_again_changes_nothing(idle, later):
    _, outcomes = later
    for fit, outcome in outcomes.items():
        again = score_again(idle, fit, DAY)
        assert (again.status, again.run_id) == ("unchanged", outcome.run_id)


def test_who_comes_back_after_the_run_is_not_called_churned(idle, later):
    """Not by the score of the absence that has ended, nor once they are scored again."""
    day = LATER
    source = "select kpis ->> 'S_source', (kpis ->> 'S')::float from weekly_kpi where user_id = %s and as_of = %s"
    back = ask(idle, "select user_id from weekly_kpi where as_of = %s and kpis ->> 'S_source' = 'churned' order by 1",
               DAY)[0][0]
    with connect(idle.database_url) as connection:
        connection.execute("insert into attempt_log (source_id, user_id, item_id, correct, completed_at) "
                           "select 'back', %s, min(item_id), true, %s::date + time '12:00' from attempt",
                           [back, DAY + timedelta(days=1)])
        connection.commit()
    idle.build("the day's KPIs", ("--select", "+weekly_kpi", *NO_TESTS), day)
    assert ask(idle, source, back, day)[0][0] == "heuristic"
    assert len(ask(idle, "select from weekly_kpi where as_of = %s and kpis ->> 'S_source' = 'churned'", day)) > 20
    idle.run((), day, job=JOB)
    [(label, risk)] = ask(idle, source, back, day)
    assert label == "survival" and risk < 0.9
    assert ask(idle, "select idle_days from public_fits.stg_idle_risk__risks where user_id = %s and run_as_of = %s",
               back, day) == [(1,)]
    wrong = ask(idle, """
        select count(*) from weekly_kpi as weeks where as_of = %s and kpis ->> 'S_source' = 'churned'
            and exists (select from public_staging.int_learner_daily as days where days.user_id = weeks.user_id
                and active_on > as_of - 14 and active_on <= as_of)""", day)
    assert wrong == [(0,)]


def test_withdrawing_the_fit_takes_what_was_scored_from_it_back(idle, later):
    """Without a model there is nothing to score from, and one line says so."""
    with connect(idle.database_url) as connection:
        run_log.rollback(connection, "survival")
    idle.build("after the withdrawal", Slice("survival", ()).after, LATER)
    with pytest.raises(NotEstimable, match="idle_risk_input__model has no row"):
        score_again(idle, "idle_risk", LATER)
    assert ask(idle, "select distinct kpis ->> 'S_source' from weekly_kpi") == [("heuristic",)]
    assert ask(idle, "select count(*) from public_fits.stg_idle_risk__risks") == [(0,)]
