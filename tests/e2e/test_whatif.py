"""What-if replays: right where the answer is known, and nothing is written."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders import AS_OF, create_database, shared_services

from orchestration.graph.affected_fits import needed, refitted_for
from orchestration.graph.manifest import Manifest
from orchestration.jobs.pipeline import Pipeline
from orchestration.jobs.whatif import NO_TESTS, WhatIf
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

DREAMSEED = Path(sys.executable).parent / "dreamseed"
DAYS = [AS_OF - timedelta(days=back) for back in (35, 28, 21)]  # Sundays whose horizon of 14 days has passed
THRESHOLD = 0.45  # a young school's S is seldom as high as 0.7


@dataclass
class History:
    """A school with a published survival run as of each of DAYS, graded as of AS_OF."""

    pipeline: Pipeline
    manifest: Manifest


def build(pipeline, manifest, day, *ids):
    names = {uid.split(".")[-1] for one in ids for uid in needed(manifest, one)}
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
    """A hash of each table of the database, whoever made it, and the list of schemas."""
    names = rows(history, "select schemaname, tablename from pg_tables "
                          "where schemaname not in ('pg_catalog', 'information_schema')")
    hashes = {}
    for schema, name in names:
        found = rows(history, f'select string_agg(t::text, chr(10) order by t::text) from "{schema}"."{name}" as t')
        hashes[schema, name] = hashlib.sha256(str(found[0][0]).encode()).hexdigest()
    return hashes, sorted(rows(history, "select nspname from pg_namespace where nspname not like 'pg_%'"))


def replay(history, **given):
    question = WhatIf(history.pipeline, given, DAYS[0], DAYS[-1], DAYS)
    return {measure: (before, after) for _, measure, before, after, _ in question.ask().rows()}


def graded(history):
    """(day, user, S, stayed away) from the landing tables and the answers alone."""
    return rows(history, """
        select fit_run.as_of, risk.user_id, risk.risk_score, not exists (
            select 1 from attempt where attempt.user_id = risk.user_id
                and (completed_at at time zone 'UTC')::date between fit_run.as_of + 1 and fit_run.as_of + 14),
            fit_run.as_of - risk.idle_days
        from survival_risk as risk join fit_run using (run_id)
        where fit_run.status = 'published' and risk.idle_days < 14 order by 1, 2""")


def alerts_by_hand(history, threshold):
    """Episodes: the first crossing of each absence of somebody who was away, in plain Python."""
    first, outcome = {}, {}
    for day, user, risk, away, last_seen in graded(history):
        if risk >= threshold and last_seen < day and (user, last_seen) not in first:
            first[user, last_seen] = day
            outcome[user, last_seen] = away
    return first, outcome


def test_a_threshold_is_replayed_as_published_and_as_counted_by_hand(history):
    before = every_table(history)
    told = replay(history, CHURN_ALERT_THRESHOLD="0.35")
    assert every_table(history) == before
    for place, threshold in enumerate((THRESHOLD, 0.35)):
        first, outcome = alerts_by_hand(history, threshold)
        assert told["alerts"][place] == len(first) > 0
        assert told["precision of alerts"][place] == pytest.approx(sum(outcome.values()) / len(outcome))
        long = {(user, seen) for day, user, _, away, seen in graded(history) if away and seen < day}
        assert told["recall of long absences"][place] == pytest.approx(len(long & set(first)) / len(long))
    published = rows(history, "select count(*) from churn_alert where first_alerted_on between %s and %s",
                     DAYS[0], DAYS[-1])
    assert told["alerts"][0] == published[0][0]
    assert told["alerts"][1] > told["alerts"][0]
    scores = graded(history)
    assert told["predictions graded"] == (len(scores), len(scores))
    brier = sum((risk - away) ** 2 for _, _, risk, away, _ in scores) / len(scores)
    assert told["Brier score"] == (pytest.approx(brier), pytest.approx(brier))


def test_a_fit_made_again_in_force_is_what_was_published_and_nothing_is_written(history):
    with connect(history.pipeline.database_url) as connection:  # what a killed replay left behind
        connection.execute("create schema whatif_public; create table whatif_public.fit_run (left_over int)")
    clean = every_table(history)
    told = replay(history, SURVIVAL_LOOKBACK_DAYS="45")
    hashes, schemas = every_table(history)
    assert hashes == {key: value for key, value in clean[0].items() if key[0] != "whatif_public"}
    assert ("whatif_public",) not in schemas and len(schemas) == len(clean[1]) - 1
    assert told["runs published"][0] == len(DAYS)
    scores = graded(history)
    assert told["predictions graded"][0] == len(scores)
    brier, alerts = rows(history, """
        select avg(squared_error), (select count(*) from churn_alert where first_alerted_on between %s and %s)
        from prediction_score where grade = 'graded' and kind = 'S'""", DAYS[0], DAYS[-1])[0]
    assert told["Brier score"][0] == pytest.approx(brier, rel=1e-12)
    assert told["alerts"][0] == alerts
    assert told["Brier score"][1] != pytest.approx(brier, rel=1e-6)


def test_the_manifest_says_which_fits_a_setting_bears_on(history):
    expected = {
        "CHURN_ALERT_THRESHOLD": [], "CHURN_ALERT_TOP": [], "SURVIVAL_LOOKBACK_DAYS": ["survival"],
        "PROPHET_ANOMALY_THRESHOLD": ["forecast"], "BRMS_MIN_ANSWERS": ["growth"], "BRMS_ITER": ["growth"],
        "LOOKBACK_WEEKS": ["growth", "irt"], "MIRT_MODEL": ["irt"], "CLUSTER_METHOD": ["segments"], "REPORT_URI": []}
    assert {name: refitted_for(history.manifest, name) for name in expected} == expected


@pytest.mark.parametrize(("given", "words"), [
    (["REPORT_URI=x"], "a replay cannot measure it"), (["MIRT_MODEL=3PL"], "affects irt, whose results are not graded"),
    (["CHURN_ALERT_THRESHOLD=0.45"], "nothing to compare"), (["CHURN_ALERT_THRESHOLD=2"], "_THRESHOLD holds"),
    (["CHURN_ALERT=0.5"], "There is no setting"), (["0.5"], "NAME=VALUE"),
    (["CHURN_ALERT_THRESHOLD=0.5", "--to", "2030-01-06"], "knows outcomes until 2026-06-28")])
def test_what_cannot_be_told_is_one_line_and_exit_2(history, given, words):
    settings = history.pipeline.settings
    answer = subprocess.run(
        [DREAMSEED, "whatif", "--from", f"{DAYS[0]}", "--to", f"{DAYS[-1]}", *given], capture_output=True, text=True,
        check=False, env=os.environ | {"DREAMSEED_HOME": str(settings.home), "DATABASE_URL": settings.database_url,
                                       "CHURN_ALERT_THRESHOLD": str(THRESHOLD)})
    assert answer.returncode == 2 and words in answer.stderr, answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_replay_of_nothing_built_says_so(stack, tmp_path):
    url = create_database(stack.database_url(), "whatif_empty")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path))
    pipeline.init()
    with pytest.raises(Exception, match="Nothing is built yet"):
        WhatIf(pipeline, {"CHURN_ALERT_THRESHOLD": "0.5"}, date(2026, 1, 4), date(2026, 1, 4), []).ask()
