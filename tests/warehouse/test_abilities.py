"""Abilities and growth reach the KPIs from published runs only, and a later run rewrites no earlier week."""

from datetime import date, timedelta

import pytest

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect

SUNDAY = date(2026, 5, 31)
MONDAY = SUNDAY - timedelta(days=6)
WEEK = timedelta(days=7)
MODELS = ("--select", "+weekly_kpi_flat", "+features_topic_daily", "ability_estimates", "+brms_fit_meta",
          "--exclude-resource-type", "unit_test", "test")


def answers(connection):
    """Ten answers a day, half of them right, on each Monday of seven weeks, by two learners."""
    connection.execute("""
        insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at)
        select concat_ws(':', who, week, nr), who, 'item' || nr, 'topic', nr %% 2 = 0,
            (%s::date - 7 * week)::timestamp at time zone 'UTC' + nr * interval '1 minute'
        from unnest(array['ann', 'bob']) who, generate_series(-1, 5) week, generate_series(1, 10) nr""", [MONDAY])
    connection.execute("""
        insert into interest_goal (user_id, topic_id, target_level, priority, created_at)
        values ('ann', 'topic', 1.0, 1, '2026-01-01')""")


def land_irt(connection, run, as_of, theta, status="published"):
    """Land an irt run: ann's ability was 0 until two weeks before, and is `theta` since."""
    begin(connection, run, "irt", as_of, status)
    connection.execute("insert into mirt_ability values (%s, now(), 'ann', %s, 0.5, '2PL', '1')", [run, theta])
    connection.execute("insert into student_topic_theta values (%s, now(), 'ann', 'topic', %s, 0.4, '2PL', '1', 10)",
                       [run, theta + 0.1])
    monday = as_of - timedelta(days=as_of.weekday())
    for weeks_ago in range(4):
        connection.execute("insert into ability_weekly values (%s, now(), 'ann', %s, %s, 0.1, 0, 1, 30)",
                           [run, monday - weeks_ago * WEEK, theta if weeks_ago < 2 else 0.0])
    connection.execute("insert into ability_change values (%s, now(), 'ann', %s, 60, 60, %s, 0.07, %s, 0.1)",
                       [run, monday, theta, theta])
    connection.execute("""insert into mirt_fit_meta (run_id, fitted_at, model_spec, metrics)
        values (%s, now(), '{}', '{"change": {"change_sd": 0.5}}')""", [run])


def land_growth(connection, run, as_of, probability, status="published"):
    begin(connection, run, "growth", as_of, status)
    connection.execute("insert into growth_brms_meta values (%s, now(), 'score ~ week', '{}', '[]', '{}')", [run])
    connection.execute("insert into growth_predictions (run_id, fitted_at, user_id, probability, sigma) "
                       "values (%s, now(), 'ann', %s, 0.3)", [run, probability])


def begin(connection, run, fit, as_of, status):
    connection.execute("insert into fit_run (run_id, fit, as_of, status, params, started_at) "
                       "values (%s, %s, %s, %s, '{}', now())", [run, fit, as_of, status])


class Warehouse:
    """A small warehouse and what the test asks of it."""

    def __init__(self, pipeline):
        self.pipeline, self.url = pipeline, pipeline.database_url

    def write(self, function, *arguments):
        with connect(self.url) as connection:
            function(connection, *arguments)

    def status(self, run, status):
        self.write(lambda c: c.execute("update fit_run set status = %s where run_id = %s", [status, run]))

    def build(self, as_of=SUNDAY, **flags):
        settings = self.pipeline.settings.model_copy(update=flags)
        Pipeline(settings).dbt(as_of).build(*MODELS, quiet=True)

    def ask(self, query, *arguments):
        with connect(self.url) as connection:
            return connection.execute(query, arguments).fetchall()

    def week(self, monday=MONDAY, user="ann"):
        columns = "i_t, i_t_method, theta, theta_se, delta_theta, p, sigma, p_method, null_reasons"
        row = self.ask(f"select {columns} from weekly_kpi_flat where user_id = %s and week_start = %s", user, monday)[0]
        return dict(zip(columns.split(", "), row, strict=True))

    def weeks_until(self, monday):
        return self.ask("select user_id, week_start, kpis, updated_at from weekly_kpi where week_start <= %s "
                        "order by user_id, week_start", monday)


@pytest.fixture(scope="module")
def warehouse(templates, tmp_path_factory):
    url = templates.copy(templates.migrated(), "abilities")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("abilities")))
    warehouse = Warehouse(pipeline)
    warehouse.write(answers)
    return warehouse


def test_abilities_and_growth_come_and_go_with_their_runs(warehouse):
    """Nothing published, published, read by flag, withdrawn: each build shows what is current."""
    warehouse.write(land_irt, "irt-rejected", SUNDAY, 3.0, "rejected")
    warehouse.build()
    before = warehouse.week()
    assert (before["i_t_method"], before["theta"], before["p"], before["p_method"]) == ("accuracy", None, None, None)
    assert {key: before["null_reasons"][key] for key in ("theta", "delta_theta", "P", "sigma")} == dict.fromkeys(
        ("theta", "delta_theta", "P", "sigma"), "no_published_fit")
    assert warehouse.ask("select * from ability_estimates") == []

    warehouse.write(land_irt, "irt-1", SUNDAY, 0.5)
    warehouse.write(land_growth, "growth-1", SUNDAY, 0.75)
    warehouse.build()
    ann, bob = warehouse.week(), warehouse.week(user="bob")
    # 0.5 * min(1, 60/30) * (1 - 1.96 * 0.1)
    assert (ann["i_t_method"], ann["theta"], ann["theta_se"], ann["delta_theta"], ann["i_t"]) == (
        "theta", 0.5, 0.07, 0.5, 0.402)
    assert (ann["p_method"], ann["p"], ann["sigma"]) == ("normal", 0.158655, 0.5)  # one sd below her goal
    assert (bob["i_t_method"], bob["p"], bob["null_reasons"]["P"], bob["null_reasons"]["theta"]) == (
        "accuracy", None, "no_ability_estimate", "no_ability_estimate")
    assert warehouse.week(MONDAY - WEEK)["null_reasons"]["P"] == "no_published_fit"
    assert warehouse.ask("select user_id, mean, sd from ability_estimates") == [("ann", 0.5, 0.5)]
    assert warehouse.ask("select run_id from brms_fit_meta") == [("growth-1",)]

    warehouse.build(metrics_use_bayesian=True)
    assert (warehouse.week()["p_method"], warehouse.week()["p"], warehouse.week()["sigma"]) == ("bayesian", 0.75, 0.3)
    warehouse.build(metrics_use_bayesian=True, brms_update_kpi=False, metrics_use_irt_theta=False)
    off = warehouse.week()
    assert (off["p_method"], off["i_t_method"], off["theta"], off["null_reasons"]["theta"]) == (
        "normal", "accuracy", None, "irt_theta_off")

    warehouse.status("irt-1", "withdrawn")
    warehouse.status("growth-1", "withdrawn")
    warehouse.build(metrics_use_bayesian=True)
    assert warehouse.week() == before
    assert warehouse.ask("select count(*) from ability_estimates") == [(0,)]
    assert warehouse.ask("select count(*) from brms_fit_meta") == [(0,)]


def test_a_run_that_landed_before_eaps_is_not_read_as_one_and_a_refit_heals(warehouse):
    """As migration 0021 leaves it: the WLE in its own columns, no theta. The KPI says why."""
    warehouse.write(land_irt, "irt-old", SUNDAY, 0.5)
    for table in ("mirt_ability", "student_topic_theta"):
        warehouse.write(lambda c, table=table: c.execute(
            f"update {table} set theta_wle = theta, se_wle = se, theta = null, se = null where run_id = 'irt-old'"))
    warehouse.build()
    ann = warehouse.week()
    assert (ann["p"], ann["null_reasons"]["P"], ann["theta"]) == (None, "no_ability_estimate", 0.5)
    assert warehouse.ask("select * from ability_estimates") == []
    assert warehouse.ask("select count(theta_estimate) from features_topic_daily") == [(0,)]

    warehouse.write(land_irt, "irt-refitted", SUNDAY, 0.5)
    warehouse.build()
    assert warehouse.week()["p"] == 0.158655
    assert warehouse.ask("select user_id, mean, sd from ability_estimates") == [("ann", 0.5, 0.5)]
    for run in ("irt-old", "irt-refitted"):
        warehouse.status(run, "withdrawn")


def test_a_later_run_rewrites_no_earlier_week_and_no_earlier_day(warehouse):
    warehouse.status("irt-1", "published")
    warehouse.status("growth-1", "published")
    warehouse.build(metrics_use_bayesian=True)
    weeks = warehouse.weeks_until(MONDAY)
    days = "select user_id, date, theta_estimate, theta_sd from features_topic_daily where date <= %s order by 1, 2"
    before = warehouse.ask(days, SUNDAY)

    warehouse.write(land_irt, "irt-2", SUNDAY + timedelta(days=1), -1.0)
    warehouse.write(land_growth, "growth-2", SUNDAY + WEEK, 0.1)
    warehouse.build(SUNDAY + WEEK, metrics_use_bayesian=True)
    assert warehouse.weeks_until(MONDAY) == weeks
    assert warehouse.ask(days, SUNDAY) == before
    assert warehouse.week(MONDAY + WEEK)["p"] == 0.1
    assert warehouse.week(MONDAY + WEEK)["theta"] == -1.0
    newest = warehouse.ask("select date, theta_estimate::float, theta_sd::float from features_topic_daily "
                           "where user_id = 'ann' and date > %s", SUNDAY)
    assert newest == [(MONDAY + WEEK, -0.9, 0.4)]  # the run of that very day
    assert warehouse.ask("select mean from ability_estimates") == [(-1.0,)]
