"""What-if replays: right where the answer is known, and the warehouse stays as it was."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg
import pytest
from builders import AS_OF, create_database, shared_services
from click.testing import CliRunner

from orchestration.cli.whatif import whatif
from orchestration.graph.affected_fits import affected_fits, needed_models
from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline
from orchestration.jobs.replay import NO_TESTS, replay
from orchestration.jobs.whatif import WhatIf
from orchestration.settings import read_settings
from python_models.errors import UsageError
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

REPLAYED = pytest.mark.slow(reason="replays of three fits each", concerns=[
    "orchestration/*/whatif.py", "orchestration/jobs/replay.py", "orchestration/jobs/pipeline.py",
    "orchestration/graph/*", "dbt_project/macros/*", "dbt_project/models/kpis/quality/*"])
DAYS = [AS_OF - timedelta(days=back) for back in (35, 28, 21)]  # Sundays whose horizon of 14 days has passed
THRESHOLD = 0.45  # a young school's S is seldom as high as 0.7


@dataclass
class History:
    """A school with a published survival run as of each of DAYS, graded as of AS_OF."""

    pipeline: Pipeline
    manifest: Manifest


def build(pipeline, manifest, day, *ids):
    names = {uid.split(".")[-1] for one in ids for uid in needed_models(manifest, one)}
    pipeline.dbt(day).build("--select", *sorted(names), *NO_TESTS, quiet=True)


@pytest.fixture(scope="module")
def history(stack, tmp_path_factory):
    url = create_database(stack.database_url(), "whatif")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("whatif"),
                                      churn_alert_threshold=THRESHOLD, **shared_services(stack)))
    pipeline.init()
    with connect(url) as connection:
        simulate(connection, School(learners=900, weeks=24, seed=5, as_of=AS_OF))
    manifest = pipeline.dbt(AS_OF).parse()
    for day in DAYS:
        build(pipeline, manifest, day, manifest.exposure_id("survival"))
        assert pipeline.fit(manifest.fit("survival"), day).status == "published"
    build(pipeline, manifest, AS_OF, manifest.model_id("fit_measure"), manifest.model_id("churn_alert"))
    return History(pipeline, manifest)


def rows(history, query, *values):
    with connect(history.pipeline.database_url) as connection:
        return connection.execute(query, values or None).fetchall()


def every_table(history):
    """Return a hash of each table of the database, in any schema, and the list of schemas."""
    names = rows(history, "select schemaname, tablename from pg_tables "
                          "where schemaname not in ('pg_catalog', 'information_schema')")
    hashes = {}
    for schema, name in names:
        found = rows(history, f'select string_agg(t::text, chr(10) order by t::text) from "{schema}"."{name}" as t')
        hashes[schema, name] = hashlib.sha256(str(found[0][0]).encode()).hexdigest()
    return hashes, sorted(rows(history, "select nspname from pg_namespace where nspname not like 'pg_%'"))


def compared(history, **given):
    question = WhatIf(history.pipeline, given, DAYS[0], DAYS[-1], DAYS)
    return {measure: (before, after) for _, measure, before, after, _ in question.answer().rows()}


def graded(history):
    """(day, user, S, stayed away, last seen) from the landing tables and the answers alone."""
    return rows(history, """
        with active as (
            select distinct user_id, (completed_at at time zone 'UTC')::date as active_on from attempt)
        select fit_run.as_of, risk.user_id, risk.risk_score, count(active_on) = 0, fit_run.as_of - risk.idle_days
        from survival_risk as risk join fit_run using (run_id)
        left join active on active.user_id = risk.user_id and active_on between as_of + 1 and as_of + 14
        where fit_run.status = 'published' and risk.idle_days < 14
        group by fit_run.as_of, risk.user_id, risk.risk_score, risk.idle_days order by 1, 2""")


def alerts_by_hand(scores, threshold):
    """Return the first alert of each absence and whether the learner stayed away, in plain Python."""
    first, outcome = {}, {}
    for day, user, risk, away, last_seen in scores:
        if risk >= threshold and last_seen < day and (user, last_seen) not in first:
            first[user, last_seen] = day
            outcome[user, last_seen] = away
    return first, outcome


@REPLAYED
def test_a_threshold_is_replayed_as_published_and_as_counted_by_hand(history):
    before = every_table(history)
    found = compared(history, CHURN_ALERT_THRESHOLD="0.35")
    assert every_table(history) == before
    scores = graded(history)
    for place, threshold in enumerate((THRESHOLD, 0.35)):
        first, outcome = alerts_by_hand(scores, threshold)
        assert found["alerts"][place] == len(first) > 0
        assert found["precision of alerts"][place] == pytest.approx(sum(outcome.values()) / len(outcome))
        long = {(user, seen) for day, user, _, away, seen in scores if away and seen < day}
        assert found["recall of long absences"][place] == pytest.approx(len(long & set(first)) / len(long))
    published = rows(history, "select count(*) from churn_alert where first_alerted_on between %s and %s",
                     DAYS[0], DAYS[-1])
    assert found["alerts"][0] == published[0][0]
    assert found["alerts"][1] > found["alerts"][0]
    assert found["predictions graded"] == (len(scores), len(scores))
    brier = sum((risk - away) ** 2 for _, _, risk, away, _ in scores) / len(scores)
    assert found["Brier score"] == (pytest.approx(brier), pytest.approx(brier))


@REPLAYED
def test_a_replay_with_current_settings_equals_the_ledger_and_nothing_is_written(history):
    with connect(history.pipeline.database_url) as connection:  # left behind by a killed replay
        connection.execute("create schema whatif_public; create table whatif_public.fit_run (left_over int)")
    clean = every_table(history)
    found = compared(history, SURVIVAL_LOOKBACK_DAYS="45")
    hashes, schemas = every_table(history)
    assert hashes == {key: value for key, value in clean[0].items() if key[0] != "whatif_public"}
    assert ("whatif_public",) not in schemas and len(schemas) == len(clean[1]) - 1
    assert found["runs published"][0] == len(DAYS)
    scores = graded(history)
    assert found["predictions graded"][0] == len(scores)
    brier, alerts = rows(history, """
        select avg(squared_error), (select count(*) from churn_alert where first_alerted_on between %s and %s)
        from prediction_score where grade = 'graded' and kind = 'S'""", DAYS[0], DAYS[-1])[0]
    assert found["Brier score"][0] == pytest.approx(brier, rel=1e-12)
    assert found["alerts"][0] == alerts
    assert found["Brier score"][1] != pytest.approx(brier, rel=1e-6)


@REPLAYED
def test_the_manifest_says_which_fits_a_setting_affects(history):
    expected = {
        "CHURN_ALERT_THRESHOLD": [], "CHURN_ALERT_TOP": [], "SURVIVAL_LOOKBACK_DAYS": ["survival"],
        "PROPHET_ANOMALY_THRESHOLD": ["forecast"], "BRMS_MIN_ANSWERS": ["growth"], "BRMS_ITER": ["growth"],
        "LOOKBACK_WEEKS": ["growth", "irt"], "MIRT_MODEL": ["irt"], "CLUSTER_METHOD": ["segments"], "REPORT_URI": []}
    assert {name: affected_fits(history.manifest, name) for name in expected} == expected


@REPLAYED
@pytest.mark.parametrize(("given", "words"), [
    (["REPORT_URI=x"], "no replay can show its effect"), (["MIRT_MODEL=3PL"], "affects irt, whose results no later"),
    (["CHURN_ALERT_THRESHOLD=0.45"], "nothing to compare"), (["CHURN_ALERT_THRESHOLD=2"], "_THRESHOLD holds"),
    (["CHURN_ALERT=0.5"], "There is no setting"), (["0.5"], "is not of the form NAME=VALUE"),
    (["CHURN_ALERT_THRESHOLD=0.5", "--to", "2030-01-06"], "known until 2026-06-28")])
def test_a_question_without_an_answer_is_wrong_usage(history, given, words):
    arguments = ["--from", f"{DAYS[0]}", "--to", f"{DAYS[-1]}", *given]
    answer = CliRunner().invoke(whatif, arguments, obj=history.pipeline.settings)
    assert isinstance(answer.exception, UsageError) and words in str(answer.exception)


@REPLAYED
def test_the_second_warehouse_is_read_only_and_goes_even_if_interrupted(history):
    before = every_table(history)
    url, settings = history.pipeline.database_url, history.pipeline.settings
    with pytest.raises(KeyboardInterrupt), replay(history.pipeline, settings, ["survival"], DAYS[1]) as second, \
            connect(url, second.settings.dbt_schema, autocommit=True) as connection:
        assert second.settings.dbt_schema == "whatif_public"
        assert connection.execute("select as_of, count(*) from fit_run group by 1").fetchall() == [(DAYS[0], 1)]
        landed = connection.execute("select count(*) from survival_risk").fetchall()
        assert landed == rows(
            history, "select count(*) from survival_risk join fit_run using (run_id) where as_of = %s", DAYS[0])
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot delete from view"):
            connection.execute("delete from exam_results")
        raise KeyboardInterrupt
    assert every_table(history) == before


def test_a_replay_of_nothing_built_says_so(stack, tmp_path):
    url = create_database(stack.database_url(), "whatif_empty")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path))
    pipeline.init()
    with pytest.raises(UsageError, match="Nothing is built yet"):
        WhatIf(pipeline, {"CHURN_ALERT_THRESHOLD": "0.5"}, date(2026, 1, 4), date(2026, 1, 4), []).answer()
