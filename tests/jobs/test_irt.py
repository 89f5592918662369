"""Item response theory on the simulated school: truth, the scale over time, and what is written back."""

from datetime import timedelta

import numpy as np
import pytest
from builders import AS_OF

from orchestration.jobs.pipeline import NO_UNIT_TESTS, Pipeline
from python_models.warehouse import run_log
from python_models.warehouse.connection import connect

NEXT_DAY = AS_OF + timedelta(days=1)


def ask(pipeline, query, *values):
    with connect(pipeline.database_url) as connection:
        return connection.execute(query, values).fetchall()


def founding_run(school):
    return next(outcome for outcome in school.outcomes if outcome.run_id.startswith("irt"))


def rows_of(school, query):
    return np.array(ask(school, query, founding_run(school).run_id), dtype=float)


def error_after_alignment(found, true):
    """RMSE of estimates brought to the truth's mean and sd: the founding run makes its own scale."""
    aligned = (found - found.mean()) / found.std() * true.std() + true.mean()
    return float(np.sqrt(np.mean((aligned - true) ** 2)))


def test_the_founding_run_recovers_items(school):
    rows = rows_of(school, """
        select (params ->> 'a')::float, (params ->> 'b')::float, a, b
        from mirt_item_params join truth.item using (item_id) where run_id = %s and status = 'operational' and c = 0""")
    assert len(rows) > 100
    a, b, true_a, true_b = rows.T
    assert np.corrcoef(b, true_b)[0, 1] > 0.97
    assert error_after_alignment(b, true_b) < 0.2
    assert np.corrcoef(np.log(a), np.log(true_a))[0, 1] > 0.8


def test_the_founding_run_recovers_learners_and_their_weeks(school):
    theta, true = rows_of(school, """
        select mirt_ability.theta, avg(truth.weekly_theta.theta)
        from mirt_ability join truth.weekly_theta using (user_id)
        join ability_weekly using (run_id, user_id, week_start) where run_id = %s
        group by user_id, mirt_ability.theta having sum(n) >= 30""").T
    assert len(theta) > 300
    assert np.corrcoef(theta, true)[0, 1] > 0.9
    weekly, se, true = rows_of(school, """
        select theta_wle, se_wle, theta from ability_weekly join truth.weekly_theta using (user_id, week_start)
        where run_id = %s and n >= 10""").T
    assert len(weekly) > 500
    assert np.corrcoef(weekly, true)[0, 1] > 0.8
    error = (weekly - true - np.mean(weekly - true)) / se
    assert 0.8 < np.mean(error**2) < 1.3


def test_abilities_reach_features_and_kpis(school):
    theta = ask(school, "select count(*), count(theta_estimate) from features_topic_daily where date = %s", AS_OF)[0]
    assert theta[0] > 50 and theta[1] > 0.8 * theta[0]
    reasons = dict(ask(school, """
        select null_reasons ->> 'I_t', count(*) from weekly_kpi_flat
        where week_start = (select max(week_start) from weekly_kpi) and i_t_method = 'theta' group by 1"""))
    # Learners of the simulated school change by 0.03 SD in two weeks, and two weeks are known to 0.6 at best.
    assert reasons.get("change_not_measurable", 0) > 50 and None not in reasons
    assert ask(school, "select count(*) from weekly_kpi where (kpis ->> 'I_t')::float not between -1 and 1") == [(0,)]


class LaterRun:
    """What a run of the next day did; the test of the rollback takes it back."""

    def __init__(self, school):
        school.build("irt inputs", ("--select", "irt_input__anchors", "int_irt_answers", "irt_input"), NEXT_DAY)
        self.fit = school.dbt(NEXT_DAY).parse().fit("irt")
        self.outcome = school.fit(self.fit, NEXT_DAY)


@pytest.fixture(scope="module")
def later(school):
    return LaterRun(school)


def test_a_run_with_the_bank_stays_on_its_scale(school, later):
    assert later.outcome.status == "published", later.outcome.reasons
    first, second = founding_run(school).run_id, later.outcome.run_id
    changed = ask(school, """
        select count(*) filter (where old.status = 'operational' and old.params <> new.params), count(*),
            count(distinct new.version)
        from mirt_item_params as old join mirt_item_params as new using (item_id)
        where old.run_id = %s and new.run_id = %s""", first, second)
    assert changed == [(0, 200, 1)]
    linking = ask(school, "select linking_constants from mirt_fit_meta where run_id = %s", second)[0][0]
    assert linking["method"] == "fixed anchors" and linking["n_anchors_used"] >= 5
    assert abs(linking["A"] - 1) < 0.2
    # The scale is seen by WLEs. EAPs also move with the prior, which is N(0, 1) in the founding run alone.
    for column, largest in (("theta_wle", 0.02), ("theta", 0.1)):
        shift = np.array(ask(school, f"""
            select old.{column}, new.{column} from mirt_ability as old join mirt_ability as new using (user_id)
            where old.run_id = %s and new.run_id = %s""", first, second), dtype=float)
        assert np.corrcoef(shift.T)[0, 1] > 0.95
        assert abs(np.median(shift[:, 1] - shift[:, 0])) < largest
    drift = ask(school, "select count(*), count(*) filter (where is_flagged) from item_drift where run_id = %s", second)
    assert drift[0][0] > 100 and drift[0][1] <= 0.05 * drift[0][0]


def test_every_theta_names_the_version_of_its_bank(school, later):
    for table in ("mirt_ability", "student_topic_theta"):
        versions = ask(school, f"select distinct run_id, version from {table} order by 1")
        assert versions == ask(school, "select distinct run_id, version from mirt_item_params order by 1")


def test_the_same_day_fitted_again_is_unchanged(school, later):
    again = school.fit(later.fit, NEXT_DAY)
    assert (again.status, again.run_id) == ("unchanged", later.outcome.run_id)


def test_after_a_rollback_the_earlier_bank_is_in_force(school, later):
    newest = "select distinct run_id from public_fits.stg_irt__items where is_newest"
    assert ask(school, newest) == [(later.outcome.run_id,)]
    with connect(school.database_url) as connection:
        withdrawn, remaining = run_log.rollback(connection, "irt")
    assert (withdrawn, remaining) == (later.outcome.run_id, founding_run(school).run_id)
    assert ask(school, newest) == [(founding_run(school).run_id,)]


def test_the_applications_questions_get_parameters_only_on_request(school):
    questions = "select md5(string_agg(meta::text, '' order by id)) from question"
    before = ask(school, questions)
    school.build("bank", ("--select", "item_bank"), AS_OF)
    assert ask(school, questions) == before
    with connect(school.database_url) as connection:
        connection.execute("create table kept as select id, meta from question")
        connection.commit()
    try:
        settings = school.settings.model_copy(update={"irt_update_question_meta": True})
        Pipeline(settings).dbt(AS_OF).build("--select", "item_bank", *NO_UNIT_TESTS, quiet=True)
        differing = ask(school, """
            select count(*) filter (where (meta #>> '{irt,b}')::float is distinct from b
                    or meta #>> '{irt,version}' is distinct from version or meta -> 'tags' is distinct from kept_tags),
                count(*)
            from item_bank join question on item_id = id::text
            join (select id, meta -> 'tags' as kept_tags from kept) as kept using (id)
            where status = 'operational'""")
        assert differing[0][0] == 0 and differing[0][1] > 100
        untouched = ask(school, """
            select count(*) from question join kept using (id)
            where question.meta <> kept.meta
                and id::text not in (select item_id from item_bank where status = 'operational')""")
        assert untouched == [(0,)]
    finally:
        with connect(school.database_url) as connection:
            connection.execute("update question set meta = kept.meta from kept where kept.id = question.id")
            connection.execute("drop table kept")
            connection.commit()
