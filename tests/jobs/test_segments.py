"""Segments on a school with planted ways of learning: truth, numbers that last, marts, the stored model."""

import json
import sys
from collections import Counter
from datetime import timedelta
from math import comb
from pathlib import Path

import httpx
import psycopg
import pytest
import slow
from builders import AS_OF, NO_TESTS, create_database, shared_services
from commands import dreamseed

from orchestration.graph.plan import Slice
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from python_models.warehouse.erasure import erase
from reports.charts import segments as segments_pictures
from reports.pages import gallery
from simulated_school import School, simulate

pytestmark = slow.of_fit("segments", "cluster/*", "400 learners of three planted kinds, fitted twice",
                         also=["dbt_project/models/kpis/segments/*", "reports/charts/segments.py"])
DAY = AS_OF - timedelta(days=14)
SLICE = Slice("segments", ())
DREAMSEED = Path(sys.executable).parent / "dreamseed"


def fit_segments(pipeline, day):
    """Build what the fit reads, as of `day`, and fit."""
    pipeline.build("before", (*SLICE.before, *NO_TESTS), day)
    return pipeline.fit(pipeline.dbt(day).parse().fit("segments"), day)


@pytest.fixture(scope="module")
def typed(stack, tmp_path_factory):
    """A school with three ways of learning, fitted as of two weeks before its last day and on it."""
    url = create_database(stack.database_url(), "segments")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("segments"),
                                      **shared_services(stack)))
    pipeline.init()
    with connect(url) as connection:
        simulate(connection, School(learners=400, weeks=26, seed=7, as_of=AS_OF, learner_types=3))
    pipeline.outcomes = [fit_segments(pipeline, day) for day in (DAY, AS_OF)]
    pipeline.build("after", SLICE.after, AS_OF)
    return pipeline


def ask(pipeline, query, *values):
    with connect(pipeline.database_url) as connection:
        return connection.execute(query, values).fetchall()


def adjusted_rand(pairs):
    """Adjusted Rand index of two partitions, given as (one, other) of each learner (Hubert and Arabie, 1985)."""
    both, one, other = Counter(pairs), Counter(p[0] for p in pairs), Counter(p[1] for p in pairs)
    same, rows, columns = (sum(comb(n, 2) for n in counts.values()) for counts in (both, one, other))
    expected = rows * columns / comb(len(pairs), 2)
    return (same - expected) / ((rows + columns) / 2 - expected)


def assignments(pipeline, run_id):
    return ask(pipeline, "select (to_jsonb(a) - '{run_id,fitted_at}'::text[])::text from segment_assignments as a "
                         "where run_id = %s order by user_id", run_id)


def test_planted_segments_are_recovered_in_every_run(typed):
    for outcome in typed.outcomes:
        assert outcome.status == "published", outcome.reasons
        found = adjusted_rand(ask(typed, """
            select learner_type, segment_id from segment_assignments join truth.learner_type using (user_id)
            where run_id = %s""", outcome.run_id))
        print(outcome.run_id, found)
        assert found > 0.8


def test_a_segment_keeps_its_number_in_the_next_run(typed):
    """Each planted kind is found under the same number two weeks later, and most learners stay."""
    first, second = typed.outcomes
    home = [dict(ask(typed, """
        select learner_type, mode() within group (order by segment_id) from segment_assignments
        join truth.learner_type using (user_id) where run_id = %s group by 1""", run.run_id))
            for run in (first, second)]
    assert home[0] == home[1] and len(set(home[0].values())) == 3
    stayed, both = ask(typed, """
        select count(*) filter (where a.segment_id = b.segment_id), count(*) from segment_assignments as a
        join segment_assignments as b using (user_id) where a.run_id = %s and b.run_id = %s""",
                       first.run_id, second.run_id)[0]
    assert stayed > 0.85 * both > 200
    identity = ask(typed, "select metrics -> 'identity' from segment_meta where run_id = %s", second.run_id)[0][0]
    assert identity["previous_run_id"] == first.run_id and identity["n_shared"] == both
    assert identity["adjusted_rand"] > 0.6


def test_transitions_account_for_everybody_of_both_runs(typed):
    first, second = (run.rows_in for run in typed.outcomes)
    kinds = dict(ask(typed, "select kind, sum(n_learners)::int from segment_transition group by 1"))
    both = kinds["stayed"] + kinds.get("moved", 0)
    learners = [ask(typed, "select count(*) from segment_assignments where run_id = %s", run.run_id)[0][0]
                for run in typed.outcomes]
    assert learners == [both + kinds.get("left", 0), both + kinds.get("came", 0)]
    assert first == learners[0] and second == sum(learners)  # the second run also read the segments of the first


def test_a_second_run_for_the_day_has_the_same_input_and_is_not_made(typed):
    again = fit_segments(typed, AS_OF)
    assert (again.status, again.run_id) == ("unchanged", typed.outcomes[1].run_id)


def test_marts_and_older_names_show_the_newest_run(typed):
    newest = typed.outcomes[1].run_id
    n = ask(typed, "select count(*) from segment_assignments where run_id = %s", newest)[0][0]
    assert ask(typed, "select count(*), count(distinct user_id), min(run_id), max(run_id) from user_segment") == [
        (n, n, newest, newest)]
    assert ask(typed, "select count(*) from user_segments where features ? 'engagement'") == [(n,)]
    assert ask(typed, "select count(*) from cluster_fit_meta where n_clusters > 1") == [(2,)]
    profiles = ask(typed, "select segment_label, description, description_ko from segment_profile where is_newest")
    assert len(set(profiles)) == len(profiles) >= 3 and all(description and ko for _, description, ko in profiles)
    assert sorted({label for label, *_ in profiles}) == sorted(
        label for (label,) in ask(typed, "select distinct segment_label from user_segment"))


def test_learners_of_whom_a_feature_is_unknown_are_marked_as_assigned_afterwards(typed):
    marked, unmarked = (ask(typed, """
        select count(*) filter (where unknown), count(*) filter (where not unknown)
        from (select is_assigned_only, exists (
                select from segment_meta as meta cross join jsonb_array_elements(meta.features) as one
                where meta.run_id = a.run_id and a.features_snapshot ->> (one ->> 'feature') is null) as unknown
            from user_segment as a) as compared where is_assigned_only = %s""", mark)[0] for mark in (True, False))
    assert marked[1] == unmarked[0] == 0 and marked[0] > 0 and unmarked[1] > 300


def test_the_stored_model_gives_the_same_segments_through_the_service(typed):
    run_id = typed.outcomes[1].run_id
    features, centers = ask(typed, "select features, centers from segment_meta where run_id = %s", run_id)[0]
    rows = [{"user_id": user, **known} for user, known in ask(
        typed, "select user_id, features_snapshot from segment_assignments where run_id = %s", run_id)]
    address = typed.stack.services.address("cluster")
    answer = httpx.post(f"{address.url}/cluster/predict", headers={"Authorization": f"Bearer {address.token}"},
                        json={"model": {"features": features, "centers": centers}, "rows": rows}, timeout=60)
    assert answer.status_code == 200, answer.text
    predicted = {one["user_id"]: (one["segment_id"], one["strength"], one["distance"])
                 for one in answer.json()["segments"]}
    landed = {user: tuple(facts) for user, *facts in ask(
        typed, "select user_id, segment_id, strength, distance from segment_assignments where run_id = %s", run_id)}
    assert predicted == landed


def test_the_command_shows_centres_and_the_evidence_for_each_k(typed):
    shown = dreamseed("runs", "segments", environment={
        "DREAMSEED_HOME": str(typed.settings.home), "DATABASE_URL": typed.database_url, "COLUMNS": "160"}).stdout
    label = ask(typed, "select segment_label from user_segment limit 1")[0][0]
    assert label in shown and "median_response_ms" in shown and "rival_errors" in shown


def test_the_pictures_show_centres_choice_and_transitions(typed, tmp_path):
    with connect(typed.database_url) as connection:
        first, second = (segments_pictures.draw(connection, run.run_id) for run in typed.outcomes)
    assert [picture.name for picture in first] == ["centers", "choice"]
    assert [picture.name for picture in second] == ["centers", "choice", "transitions"]
    for label, typical in ask(typed, """
            select c ->> 'segment_label', (c -> 'typical' ->> 'median_response_ms')::float / 1000 from segment_meta
            cross join jsonb_array_elements(centers) as c where run_id = %s""", typed.outcomes[1].run_id):
        assert label in second[0].svg and f"{typical:.1f}" in second[0].svg
    assert all(word in second[1].svg for word in ("standard errors of the rival", "against 1", "smallest Jaccard"))
    assert " beats 1 (" in second[1].description
    assert gallery.write(tmp_path, "segments", second).read_text().count("<svg") == 3


# Everything after the day changes: answers turn round, sessions move.
CHANGES = (
    """update exam_results set
        result_json = replace(result_json::text, '"is_correct": true', '"is_correct": false')::jsonb,
        updated_at = updated_at + interval '1 hour' where created_at >= %(day)s::date + 1""",
    "update session set ended_at = ended_at + interval '9 minutes' where started_at >= %(day)s::date + 1",
    "delete from exam_results where created_at >= %(day)s::date + 1 and md5(id::text) < '5'")


def test_every_row_after_as_of_may_change_and_no_byte_of_an_assignment_does(typed):
    before = assignments(typed, typed.outcomes[0].run_id)
    with psycopg.connect(typed.database_url, autocommit=True) as connection:
        changed = [connection.execute(change, {"day": DAY}).rowcount for change in CHANGES]
    assert min(changed) > 100
    forced = Pipeline(typed.settings, force=True)
    again = fit_segments(forced, DAY)
    assert again.status == "published" and again.run_id != typed.outcomes[0].run_id
    assert assignments(typed, again.run_id) == before


def test_an_erased_learner_is_in_no_segment_any_more(typed):
    user = ask(typed, "select user_id from user_segment where user_id like '%%-%%-4%%' limit 1")[0][0]
    with connect(typed.database_url) as connection:
        done = erase(connection, user, "public", typed.dbt(AS_OF).parse().owned_tables())
    assert done.deleted["public.segment_assignments"] >= 2
    everything = ask(typed, "select features || centers || metrics from segment_meta")
    assert user not in json.dumps(everything)
    assert ask(typed, "select count(*) from user_segment where user_id = %s", user) == [(0,)]
