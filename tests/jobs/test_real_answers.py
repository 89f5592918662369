"""The same job on 509,104 real answers; skips where they are absent."""

from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from builders import NO_TESTS
from report_claims import count
from shown_levels import shown_levels

from python_models import answers
from python_models.warehouse.connection import connect
from reports.delivery import pool
from reports.delivery.sinks import Folder
from reports.sources import reader
from reports.sources.records import Week

pytestmark = [pytest.mark.data_tests, pytest.mark.slow(
    reason="half a million answers and four fits", concerns=["dbt_project/*", "python_models/*", "r-services/*"])]

AS_OF = date(2017, 12, 31)


@pytest.fixture(scope="module")
def real(load_real_answers):
    """The real answers loaded twice, built and fitted as of the last day of 2017; data tests run in the last build."""
    pipeline = load_real_answers(mirt_lookback_days=1200)
    with connect(pipeline.database_url) as connection:
        pipeline.loaded_again = answers.load(connection, pipeline.file)
    pipeline.build("inputs", ("--select", "+exposure:irt", "+exposure:survival", *NO_TESTS), AS_OF)
    pipeline.outcomes = {name: fit(pipeline, name) for name in ("irt", "survival")}
    pipeline.build("inputs", ("--select", "+exposure:growth", "+exposure:segments", *NO_TESTS), AS_OF)
    pipeline.outcomes |= {name: fit(pipeline, name) for name in ("growth", "segments")}
    pipeline.build("all", (), AS_OF)
    return pipeline


def fit(pipeline, name):
    return pipeline.fit(pipeline.dbt(AS_OF).parse().fit(name), AS_OF)


def ask(pipeline, query):
    with connect(pipeline.database_url) as connection:
        return connection.execute(query).fetchall()


def test_every_row_is_loaded_once(real):
    assert (real.loaded.read, real.loaded.new, real.loaded.copies) == (509_104, 509_104, 107)
    assert (real.loaded_again.new, real.loaded_again.known) == (0, 509_104)


def test_no_answer_is_lost_and_107_duplicates_are_counted(real):
    found = ask(real, "select rows_in, attempts, duplicates, rejected from attempt_reconciliation "
                      "where source = 'attempt_log'")
    assert found == [(509_104, 508_997, 107, 0)]
    assert ask(real, "select count(*), count(distinct id) from attempt") == [(508_997, 508_997)]


def test_first_attempts_are_those_of_the_files_description(real):
    assert ask(real, "select count(*), round(avg(correct::int), 3)::float from attempt where is_first_attempt") == \
        [(220_721, 0.628)]


def test_the_fit_is_published_with_sensible_numbers(real):
    outcome = real.outcomes["survival"]
    assert outcome.status == "published", outcome.reasons
    gates = {gate.name: gate.value for gate in outcome.gates}
    assert gates["brier_skill"] > 0.1 and 0.7 < gates["calibration_slope"] < 1.4
    validation = ask(real, "select diagnostics -> 'validation' -> 0 from survival_fit_meta")[0][0]
    assert validation["auc"] > 0.74


def test_risk_as_of_the_day_is_right_about_the_14_days_that_followed(real):
    """Out of time: the answers after the day were never seen by the fit."""
    rows = ask(real, """
        select avg(power(risk_score - stayed, 2))::float, avg(power(base - stayed, 2))::float,
            avg(risk_score)::float, avg(stayed)::float, count(*)
        from (
            select risk_score, stayed, avg(stayed) over () as base
            from (
                select risk.risk_score, (not exists (
                    select from attempt where attempt.user_id = risk.user_id
                        and completed_at >= '2018-01-01' and completed_at < '2018-01-15'))::int as stayed
                from public_fits.stg_survival__risks as risk where idle_days < 14) as scored) as judged""")
    brier, base, said, happened, learners = rows[0]
    assert learners > 200
    assert brier < 0.9 * base
    assert abs(said - happened) < 0.08


def test_no_report_shows_a_level_that_a_handful_of_answers_made_up(real):
    """These answers hold items that nearly everybody gets right: one right answer to such an item says nothing."""
    real.release("test")
    shown = shown_levels(real.database_url, Week.of(AS_OF), real.outcomes["irt"].run_id)
    assert len(shown.learners) == 887
    assert shown.wrong() == [] and shown.withheld_without_reason() == []
    assert min(content.estimate.theta for content in shown.learners if content.estimate) > -4
    assert 200 < sum(content.level is not None for content in shown.learners) < 500
    far, too_far = ask(real, "select count(*) filter (where theta_wle < -5), count(*) filter (where theta < -4) "
                             "from mirt_ability")[0]
    assert far > 100 and too_far == 0  # what would be shown if the WLE were, and what is


def test_topics_of_real_learners_differ_and_few_are_known_to(real):
    """The likelihood is sure that topics differ; four or five items a topic do not say which of a learner's do."""
    topics = ask(real, "select metrics -> 'topics' from mirt_fit_meta")[0][0]
    assert 0.1 < topics["spread"] < 0.6 and topics["gain"] > 5
    strongest = ask(real, "select max(abs(deviation) / deviation_se), count(*) from student_topic_theta")[0]
    assert 0.5 < strongest[0] < 4 and strongest[1] > 4000


def test_real_learners_form_no_groups_and_who_came_once_does_not_decide(real):
    """Response times and hints are not in these answers: those features are left out, and it is said."""
    outcome = real.outcomes["segments"]
    assert outcome.status == "published", outcome.reasons
    n, k, features, dropped = ask(real, """
        select (metrics ->> 'n_learners')::int, n_clusters, jsonb_path_query_array(features, '$[*].feature'),
            jsonb_path_query_array(metrics, '$.dropped_features[*].feature') from segment_meta""")[0]
    assert n == ask(real, "select count(distinct user_id) from attempt where completed_at >= '2017-10-09' "
                          "and completed_at < '2018-01-01'")[0][0]
    assert k == 1
    single = ask(real, "select count(*) from user_segment where features_snapshot ->> 'mean_gap_days' is null")[0][0]
    assert ask(real, "select count(*) from user_segment where is_assigned_only")[0][0] >= single > 500
    assert {"sessions", "attempts"} & set(features) and {"median_response_ms", "hints_per_answer"} <= set(dropped)
    assert ask(real, "select count(*), count(distinct user_id) from user_segment") == [(n, n)]


def test_kpis_are_within_their_ranges_for_every_week(real):
    assert ask(real, """
        select count(*) from weekly_kpi_flat where a_t not between 0 and 1 or i_t not between -1 and 1
            or r_t not between 0 and 1 or s not between 0 and 1 or s is null or a_t is null""") == [(0,)]
    assert ask(real, "select count(distinct week_start) from weekly_kpi") == [(133,)]
    assert ask(real, "select max(date)::text from features_topic_daily") == [("2017-12-31",)]


def test_no_report_of_the_last_week_claims_what_is_false(real, tmp_path):
    """Counted over all learners of the week, most of whom did not answer in it."""
    real.release("test")
    with reader.reader(real.database_url, "public", Week.of(AS_OF)) as read:
        records = {record.user_id: record for record in read.records(with_classes=False)}
        job = pool.RenderJob(read.school, Folder(tmp_path), ["html"], ["en"])
        pages = [(records[result.owner[1]], Path(unquote(urlsplit(result.delivered[0].url).path)))
                 for result in pool.render_all(records.values(), job, processes=2)]
    assert len(pages) == len(records) > 800
    assert count((record, read.school, page.read_text(encoding="utf-8")) for record, page in pages) == {}


def test_all_items_are_calibrated_and_theta_follows_the_share_of_right_answers(real):
    """As of the last day of all, with the bank that the run of 2017 made."""
    assert real.outcomes["irt"].status == "published", real.outcomes["irt"].reasons
    last_day = ask(real, "select max(completed_at)::date from attempt")[0][0]
    real.build("irt inputs", ("--select", "irt_input__anchors", "int_irt_answers", "irt_input"), last_day)
    outcome = real.fit(real.dbt(last_day).parse().fit("irt"), last_day)
    assert outcome.status == "published", outcome.reasons
    metrics = ask(real, f"select metrics from mirt_fit_meta where run_id = '{outcome.run_id}'")[0][0]
    assert metrics["n_items"] == 76
    assert 212_000 < metrics["n_answers"] < 216_000
    found, learners = ask(real, f"""
        select corr(theta, share)::float, count(*)
        from mirt_ability join (
            select user_id, avg(correct::int) as share from attempt where is_first_attempt
            group by user_id having count(*) >= 10) as firsts using (user_id)
        where run_id = '{outcome.run_id}'""")[0]
    assert learners > 4_000
    assert found > 0.95
