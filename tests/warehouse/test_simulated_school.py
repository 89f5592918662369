"""The simulated school: reproducible, true to its own laws, and careful with what is already there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import psycopg
import pytest
from builders import create_database
from scipy import stats

from python_models.errors import UsageError
from python_models.warehouse import migrations
from python_models.warehouse.connection import Warehouse
from simulated_school import Closure, Disturbance, School, simulate
from simulated_school.dirty import EXAMS
from simulated_school.dirty_attempts import ROWS
from simulated_school.history import simulate_history
from simulated_school.writing import TARGETS

AS_OF = date(2026, 6, 28)
SMALL = School(learners=150, weeks=8, seed=5, as_of=AS_OF, items=60, topics=8)
BIG = School(learners=2000, weeks=30, seed=1, as_of=AS_OF)
ANSWERS = """select session.user_id, session_id, ended_at, (question ->> 'question_id')::int as item,
        (question ->> 'is_correct')::boolean as correct
    from exam_results join session on session.id = session_id
    join truth.learner on learner.user_id = session.user_id
    cross join lateral jsonb_array_elements(result_json -> 'questions') as question"""


@pytest.fixture(scope="module")
def filled(server_url: str) -> Iterator[psycopg.Connection]:
    """A database with the BIG school in the application's tables."""
    url = create_database(server_url, "simulated_school")
    migrations.upgrade(Warehouse(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.counts = simulate(connection, BIG)
        yield connection


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def fingerprint(connection: psycopg.Connection, *tables: str) -> list[str]:
    """A hash of each table's rows, in any order; loaded_at is left out, because it is the time of loading."""
    return [connection.execute(f"""select md5(string_agg(content, ',' order by content))
        from (select md5((to_jsonb(held) - 'loaded_at')::text) as content from {table} as held) as hashed"""
                               ).fetchone()[0] for table in tables]


ALL_TABLES = (*TARGETS["application"], "truth.school", "truth.learner", "truth.return_risk", "truth.dirty_row")


def test_the_same_seed_gives_the_same_school_and_writes_it_once(connection: psycopg.Connection) -> None:
    first = simulate(connection, SMALL)
    once = fingerprint(connection, *ALL_TABLES)
    again = simulate(connection, SMALL)
    assert (first["unchanged"], again["unchanged"]) == (False, True)
    assert {**again, "unchanged": False} == first

    simulate(connection, School(learners=150, weeks=8, seed=6, as_of=AS_OF, items=60, topics=8))
    other = fingerprint(connection, *ALL_TABLES)
    assert not set(once[:2]) & set(other[:2])
    simulate(connection, SMALL)
    assert fingerprint(connection, *ALL_TABLES) == once


def test_counts_are_the_rows_that_are_there(filled: psycopg.Connection) -> None:
    for table in TARGETS["application"]:
        assert filled.execute(f"select count(*) from {table}").fetchone()[0] == filled.counts[table]
    n = filled.execute(f"select count(*), count(distinct user_id) from ({ANSWERS}) as answer").fetchone()
    assert n == (filled.counts["answers"], BIG.learners)
    assert 300_000 <= n[0] <= 500_000


def test_answers_follow_a_weekly_rhythm(filled: psycopg.Connection) -> None:
    by_day = dict(filled.execute("""select extract(isodow from started_at)::int, count(*) from session
        join truth.learner using (user_id) group by 1""").fetchall())
    assert min(by_day[day] for day in (1, 2, 3)) > 1.2 * max(by_day[6], by_day[7])
    hours = dict(filled.execute("""select extract(isodow from started_at) > 5, avg(extract(hour from started_at))
        from session join truth.learner using (user_id) group by 1""").fetchall())
    assert hours[False] > hours[True] + 2


def test_sessions_stay_in_their_day_and_end_before_they_are_saved(filled: psycopg.Connection) -> None:
    wrong = filled.execute("""select count(*) from exam_results join session on session.id = session_id
        join truth.learner on learner.user_id = session.user_id
        where started_at >= ended_at or ended_at >= exam_results.created_at or started_at::date <> ended_at::date
           or ended_at::date > %s or ended_at::date < start_date""", [AS_OF]).fetchone()[0]
    assert wrong == 0


def test_an_exam_asks_an_item_once_and_wrong_items_come_again(filled: psycopg.Connection) -> None:
    twice = filled.execute(f"""select count(*) from (select 1 from ({ANSWERS}) as answer
        group by session_id, item having count(*) > 1) as repeated""").fetchone()[0]
    assert twice == 0
    tries = dict(filled.execute(f"""select previous, avg(again)::float8 from (
        select correct as previous, (lead(ended_at) over learner_item is not null)::int as again
        from ({ANSWERS}) as answer window learner_item as (partition by user_id, item order by ended_at)) as tried
        group by previous""").fetchall())
    assert tries[False] > 1.2 * tries[True]


def test_difficulty_orders_the_items(filled: psycopg.Connection) -> None:
    pairs = filled.execute(f"""select b, share from truth.item join (
        select item::text as item_id, avg(correct::int)::float8 as share from ({ANSWERS}) as answer
        group by item having count(*) > 200) as seen using (item_id)""").fetchall()
    assert stats.spearmanr(*zip(*pairs, strict=True)).statistic < -0.85


def test_the_true_risk_is_calibrated_against_what_happened(filled: psycopg.Connection) -> None:
    """Hosmer-Lemeshow with known probabilities: a sum of squared z over deciles is chi-squared."""
    deciles = filled.execute("""select count(*), sum(risk_score), sum(risk_score * (1 - risk_score)),
        count(*) filter (where not returned_within_horizon)
        from (select *, ntile(10) over (order by risk_score) as decile from truth.return_risk) as ranked
        group by decile having sum(risk_score * (1 - risk_score)) > 1""").fetchall()
    assert len(deciles) >= 4
    chi_squared = sum((away - float(risk)) ** 2 / float(variance) for _, risk, variance, away in deciles)
    assert chi_squared < stats.chi2.ppf(0.999, len(deciles))


def test_the_true_risk_follows_from_the_truth_tables_and_the_answers(filled: psycopg.Connection) -> None:
    """Compute S in SQL, from coefficients, baseline, weekday factors and the covariates of the last active day."""
    worst = filled.execute(f"""
        with answer as ({ANSWERS}),
        last as (select user_id, max(ended_at)::date as day, min(ended_at)::date as first from answer group by 1),
        recent as (select user_id, day, first, avg(correct::int)::float8 as accuracy,
                count(distinct ended_at::date) as active_days
            from last join answer using (user_id) where ended_at::date > day - 28 group by 1, 2, 3),
        term as (select user_id, day, v.term, v.x from recent cross join lateral (values
            ('accuracy', accuracy), ('log_active_days', ln(active_days::float8)),
            ('log_tenure', ln(1 + (day - first)::float8)),
            ('is_first_day', (day = first)::int::float8)) as v (term, x)),
        predicted as (select user_id, day, exp(sum(x * value)) as ratio
            from term join truth.hazard_coefficient using (term) group by 1, 2),
        risk as (select user_id, exp(-sum(ratio * rate * factor)) as s
            from predicted cross join generate_series(1, 14) as ahead
            join truth.baseline on baseline.day = %(as_of)s::date - predicted.day + ahead
            join truth.weekday_effect on weekday = extract(isodow from %(as_of)s::date + ahead) group by 1)
        select max(abs(s - risk_score)), count(*) from risk join truth.return_risk using (user_id)""",
        {"as_of": AS_OF}).fetchone()
    assert worst[1] == BIG.learners
    assert worst[0] < 1e-9


def test_truth_follows_every_learner_by_week(filled: psycopg.Connection) -> None:
    found = filled.execute("""select count(*), max(abs(theta - theta0 - slope * ((week_start
        - date_trunc('week', start_date::timestamp)::date) / 7))), min(extract(isodow from week_start))
        from truth.weekly_theta join truth.learner using (user_id)""").fetchone()
    assert found[0] > BIG.learners
    assert found[1] < 1e-12
    assert found[2] == 1
    sd = filled.execute("select stddev(theta0), corr(theta0, slope) from truth.learner").fetchone()
    assert sd == pytest.approx((1.0, 0.3), abs=0.08)


def test_every_kind_of_dirt_is_planted_and_recorded(filled: psycopg.Connection) -> None:
    planted = filled.execute("""select array_agg(distinct kind), count(distinct row_key) from truth.dirty_row
        join exam_results on exam_results.id::text = row_key""").fetchone()
    assert set(planted[0]) == {exam.kind for exam in EXAMS}
    assert planted[1] == len(EXAMS)
    shapes = {kind for (kind,) in filled.execute("select distinct jsonb_typeof(result_json -> 'questions') "
                                                 "from exam_results").fetchall()}
    assert shapes == {"array", "object", None}
    clean = filled.execute("select count(*) from exam_results left join truth.learner using (user_id) "
                           "where learner.user_id is null").fetchone()[0]
    assert clean == len(EXAMS)


def test_bulk_answers_carry_their_own_moments_and_dirt(connection: psycopg.Connection) -> None:
    counts = simulate(connection, SMALL, into="attempt_log")
    assert counts["attempt_log"] == counts["answers"] + len(ROWS) + 1
    kinds = connection.execute("select array_agg(distinct kind) from truth.dirty_row "
                               "join attempt_log on source_id = row_key").fetchone()[0]
    assert set(kinds) == {kind for kind, *_ in ROWS}
    copies = connection.execute("""select count(*) from (select 1 from attempt_log where user_id is not null
        group by user_id, item_id, completed_at, correct having count(*) > 1) as repeated""").fetchone()[0]
    assert copies == 1
    once = fingerprint(connection, "attempt_log")
    simulate(connection, SMALL)
    assert connection.execute("select count(*) from attempt_log").fetchone()[0] == 0
    simulate(connection, SMALL, into="attempt_log")
    assert fingerprint(connection, "attempt_log") == once


def test_an_application_s_rows_are_never_overwritten(connection: psycopg.Connection) -> None:
    connection.execute("insert into classroom (id) values ('theirs')")
    with pytest.raises(UsageError, match="never overwrites"):
        simulate(connection, SMALL)
    connection.execute("delete from classroom")
    simulate(connection, SMALL)
    connection.execute("insert into classroom (id) values ('theirs')")
    with pytest.raises(UsageError, match="never overwrites"):
        simulate(connection, School(learners=20, weeks=4))
    assert simulate(connection, SMALL)["unchanged"]


def test_answers_loaded_from_a_file_are_never_overwritten(connection: psycopg.Connection) -> None:
    connection.execute("insert into attempt_log (source_id, user_id) values ('x', 'theirs')")
    simulate(connection, SMALL)
    with pytest.raises(UsageError, match=r"attempt_log holds 1 rows"):
        simulate(connection, SMALL, into="attempt_log")
    assert connection.execute("select count(*) from exam_results").fetchone()[0] > 0


def test_a_disturbance_changes_its_weeks_and_is_recorded_and_without_one_nothing_differs(
        connection: psycopg.Connection) -> None:
    assert "disturbances" not in SMALL.parameters()
    weekly = f"""select date_trunc('week', ended_at)::date, count(*), avg(correct::int)::float8, min(session_id)
        from ({ANSWERS}) as answer group by 1 order by 1"""
    simulate(connection, SMALL)
    plain = connection.execute(weekly).fetchall()
    planted = (Disturbance("answers", 4, 1, 2.5), Disturbance("accuracy", 6, 9, -2.0))
    simulate(connection, replace(SMALL, disturbances=planted))
    disturbed = connection.execute(weekly).fetchall()
    assert disturbed[:4] == plain[:4]
    assert disturbed[4][1] > 1.7 * plain[4][1]
    assert all(after[2] < before[2] - 0.2 for after, before in zip(disturbed[6:], plain[6:], strict=True))
    recorded = connection.execute("select what, week_start, weeks, size from truth.disturbance order by 2").fetchall()
    assert recorded == [("answers", plain[4][0], 1, 2.5), ("accuracy", plain[6][0], 9, -2.0)]


def test_more_learners_return_in_a_week_with_a_higher_rate_of_returning(connection: psycopg.Connection) -> None:
    learners = f"select count(distinct user_id) from ({ANSWERS}) as answer group by date_trunc('week', ended_at) " \
               "order by date_trunc('week', ended_at)"
    simulate(connection, SMALL)
    plain = [n for (n,) in connection.execute(learners).fetchall()]
    simulate(connection, replace(SMALL, disturbances=(Disturbance("active_learners", 5, 1, 3.0),)))
    disturbed = [n for (n,) in connection.execute(learners).fetchall()]
    assert disturbed[:5] == plain[:5] and disturbed[5] > 1.2 * plain[5]


@pytest.mark.parametrize("wrong", [("nothing", 1, 1, 2.0), ("answers", -1, 1, 2.0), ("answers", 1, 0, 2.0),
                                   ("answers", 1, 1, 0.0)])
def test_a_disturbance_without_effect_is_refused(wrong: tuple[str, int, int, float]) -> None:
    with pytest.raises(UsageError, match="disturbs nothing"):
        Disturbance(*wrong)


@pytest.mark.parametrize(("sizes", "words"), [({"learners": 0}, "learners is 0"), ({"weeks": -1}, "weeks is -1"),
                                             ({"topics": 300}, "topics is 300")])
def test_impossible_sizes_are_refused(sizes: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        School(**sizes)


def test_an_unknown_target_is_refused(connection: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="application, attempt_log"):
        simulate(connection, SMALL, into="elsewhere")


@pytest.mark.parametrize("size", [{"learners": 1, "weeks": 1}, {"learners": 3, "weeks": 1, "items": 2, "topics": 2}])
def test_the_smallest_schools_work(connection: psycopg.Connection, size: dict[str, int]) -> None:
    assert simulate(connection, School(**size))["answers"] >= size["learners"]


def test_a_school_without_types_is_the_same_as_in_older_versions() -> None:
    """The numbers were counted before there were types; the parameters are those of that time."""
    history = simulate_history(SMALL)
    assert (history.sessions.learner.size, history.answers.session.size) == (1252, 7505)
    answers = history.answers
    assert (answers.correct.sum(), answers.hints.sum(), answers.item.sum()) == (4377, 676, 214408)
    assert history.risk.sum() == pytest.approx(64.4271724363841)
    assert "learner_types" not in SMALL.parameters()


def test_learners_of_a_type_learn_in_its_way(connection: psycopg.Connection) -> None:
    history = simulate_history(replace(SMALL, learner_types=3))
    kind, of_session = history.learners.kind, history.learners.kind[history.sessions.learner]
    assert set(kind) == {1, 2, 3}
    assert (history.learners.theta0 == simulate_history(SMALL).learners.theta0).all()  # types change no other draw
    sessions = [np.mean(of_session == k) / np.mean(kind == k) for k in (1, 2, 3)]
    of_answer = of_session[history.answers.session]
    answers = [np.sum(of_answer == k) / np.sum(of_session == k) for k in (1, 2, 3)]
    hints = [history.answers.hints[of_answer == k].mean() for k in (1, 2, 3)]
    times = [np.median(history.answers.response_ms[of_answer == k]) for k in (1, 2, 3)]
    assert sessions[0] > 1.5 * sessions[1] and answers[1] > 3 * answers[0]
    assert hints[2] > 2 * max(hints[:2]) and times == sorted(times)
    simulate(connection, replace(SMALL, learner_types=3))
    types = dict(connection.execute("select learner_type, count(*) from truth.learner_type group by 1").fetchall())
    assert types == {k: int(np.sum(kind == k)) for k in (1, 2, 3)}


def test_nobody_answers_while_the_school_is_closed_and_time_stands_still_for_returns() -> None:
    """The last closure covers the horizon: S is 1. After a closure as many come as before it."""
    closed = Closure(20, 14)
    history = simulate_history(replace(SMALL, closures=(closed, Closure(SMALL.days, 14))))
    days = set(np.unique(history.sessions.started_ms // 86_400_000).tolist())
    assert not days & set(range(20, 34)) and {19, 34} <= days
    assert np.all(history.risk[history.idle_days <= SMALL.days] == 1) and not history.returned.any()
    school = simulate_history(replace(BIG, weeks=20, closures=(Closure(100, 14),)))
    visits = np.unique(np.stack([school.sessions.learner, school.sessions.started_ms // 86_400_000]), axis=1)[1]
    last_week, after = np.bincount(visits)[[93, 114]]  # the same weekday, before the holiday and directly after it
    assert last_week > 100 and abs(after / last_week - 1) < 0.3
