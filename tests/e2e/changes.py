"""What can happen to the sources and the runs of a small school between two builds."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from walk import Walk

LOG = ("source_id", "user_id", "item_id", "topic_id", "correct", "completed_at", "response_time_ms", "session_id")


def insert_answers(walk: Walk, when: str, user: str | None = None) -> None:
    """Some answers of one learner on a day: a known item, one of a session, one that is rejected, an exact copy."""
    user = user or str(walk.one("select distinct user_id from exam_results where user_id <> '' order by 1")[0])  # type: ignore[index]
    rows = []
    for nr in range(walk.random.randint(1, 4)):
        rows.append((f"w{walk.number}-{nr}", user, f"i{walk.random.randint(1, 5)}",
                     walk.random.choice(["algebra", "geometry", None]), walk.random.choice([True, False, True, None]),
                     f"{when} {walk.random.randint(0, 23):02}:{walk.random.choice([0, 20, 59]):02}+00",
                     walk.random.choice([1000, None]), walk.random.choice([None, "s1", "s2"])))
    if walk.random.random() < 0.3:
        rows.append((f"w{walk.number}-copy", *rows[0][1:]))
    with psycopg.connect(walk.school.url) as connection, connection.cursor() as cursor:
        cursor.executemany(f"insert into attempt_log ({', '.join(LOG)}) values ({', '.join(['%s'] * len(LOG))})", rows)


def answers_of_a_day(walk: Walk) -> None:
    insert_answers(walk, walk.day(3))


def late_answers(walk: Walk) -> None:
    insert_answers(walk, walk.day())


def answers_ahead_of_as_of(walk: Walk) -> None:
    insert_answers(walk, walk.day(-1, 20))


def answers_of_a_newcomer(walk: Walk) -> None:
    insert_answers(walk, walk.day(), walk.random.choice(["new", "New", "  ", "7B1C0000-0000-4000-8000-00000000000a",
                                                         "7b1c0000-0000-4000-8000-00000000000A"]))


def answers_at_no_time(walk: Walk) -> None:
    walk.run("insert into attempt_log (source_id, user_id, item_id, correct, completed_at) values (%s, 'u', 'i', true, "
             "%s)", f"w{walk.number}", walk.random.choice([None, "infinity", "-infinity"]))


def clock_set_back(walk: Walk) -> None:
    walk.run("insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at, loaded_at) values "
             "(%s, 'u', 'i', 'algebra', true, %s, '2020-01-01')", f"w{walk.number}", walk.day())


def answer_deleted(walk: Walk) -> None:
    if row := walk.one("select source_id from attempt_log order by 1"):
        walk.run("delete from attempt_log where source_id = %s", row[0])


def answer_changed(walk: Walk) -> None:
    column, value = walk.random.choice([("topic_id", "'renamed'"), ("correct", "not correct"), ("user_id", "'taker'"),
                                        ("item_id", "'i9'"), ("completed_at", "completed_at - interval '3 days'")])
    walk.note(column)
    if row := walk.one("select source_id from attempt_log order by 1"):
        walk.run(f"update attempt_log set {column} = {value} where source_id = %s", row[0])


def log_truncated_and_loaded_again(walk: Walk) -> None:
    walk.run("create table if not exists kept as select * from attempt_log limit 0; truncate kept")
    walk.run("insert into kept select * from attempt_log order by hashtext(source_id || %s) offset 2",
             str(walk.number))
    walk.run("truncate attempt_log")
    if walk.random.random() < 0.5:
        walk.school.build()
    walk.run("insert into attempt_log select * from kept")


def answers_taken_out_for_a_while(walk: Walk) -> None:
    walk.run("create table if not exists aside as select * from attempt_log limit 0")
    walk.run("insert into attempt_log select * from aside on conflict do nothing; ")
    walk.run("delete from aside")
    walk.run("with gone as (delete from attempt_log where source_id in (select source_id from attempt_log order by "
             "hashtext(source_id || %s) limit 5) returning *) insert into aside select * from gone", str(walk.number))


def commits_late(walk: Walk) -> None:
    connection = psycopg.connect(walk.school.url)
    connection.execute("insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at) values "
                       "(%s, 'slow', 'i', 'algebra', true, %s)", [f"w{walk.number}", walk.day()])
    walk.open_transactions.append(connection)


def an_exam(walk: Walk) -> object:
    row = walk.one("select id from exam_results order by 1")
    return row[0] if row else None


def exam_added(walk: Walk) -> None:
    walk.run("insert into exam_results (id, user_id, status, result_json, created_at, updated_at) select "
             "gen_random_uuid(), user_id, status, result_json, %s::timestamptz, %s::timestamptz from exam_results "
             "where id = %s", walk.day(), walk.day(), an_exam(walk))


def exam_scored_again(walk: Walk) -> None:
    walk.run("update exam_results set updated_at = clock_timestamp(), "
             "result_json = jsonb_set(result_json, '{questions}', (select jsonb_agg(q || '{\"is_correct\": true}') "
             "from jsonb_array_elements(result_json -> 'questions') q)) where id = %s", an_exam(walk))


def exam_failed(walk: Walk) -> None:
    walk.run("update exam_results set status = case status when 'failed' then 'ready' else 'failed' end where id = %s",
             an_exam(walk))


def exam_changes_hands(walk: Walk) -> None:
    walk.run("update exam_results set user_id = 'taker' where id = %s", an_exam(walk))


def exam_deleted(walk: Walk) -> None:
    walk.run("delete from exam_results where id = %s", an_exam(walk))


def session_ends_later(walk: Walk) -> None:
    if row := walk.one("select id from session order by 1"):
        walk.run("update session set ended_at = ended_at + interval '26 hours' where id = %s", row[0])


def session_of_answers(walk: Walk) -> None:
    walk.run("insert into session (id, user_id, started_at, ended_at) values (%s, 'u', %s, %s) "
             "on conflict (id) do update set ended_at = excluded.ended_at",
             walk.random.choice(["s1", "s2"]), walk.day(), walk.day())


def session_deleted(walk: Walk) -> None:
    if row := walk.one("select id from session order by 1"):
        walk.run("delete from session where id = %s", row[0])


def goal_set(walk: Walk) -> None:
    row = walk.one("select distinct user_id from exam_results where user_id <> '' order by 1")
    if walk.random.random() < 0.3:
        walk.run("alter table interest_goal alter column created_at drop not null")
        when = None
    else:
        when = walk.day()
    walk.run("insert into interest_goal (user_id, topic_id, target_level, created_at) values (%s, %s, %s, %s) "
             "on conflict (user_id, topic_id) do update set target_level = excluded.target_level",
             row[0] if row else "u", walk.random.choice(["algebra", "x"]), walk.random.choice([-1, 0, 1]), when)


def goal_edited(walk: Walk) -> None:
    if row := walk.one("select user_id, topic_id from interest_goal order by 1, 2"):
        walk.run("update interest_goal set target_level = %s, target_date = %s, priority = %s "
                 "where user_id = %s and topic_id = %s", walk.random.choice([-1, 0, 1]), walk.day(0, 60),
                 walk.random.choice([None, 0, 2]), *row)


def goal_deleted(walk: Walk) -> None:
    if row := walk.one("select user_id, topic_id from interest_goal order by 1, 2"):
        walk.run("delete from interest_goal where user_id = %s and topic_id = %s", *row)


def everything_solved(walk: Walk) -> None:
    """A learner solves all items that anybody answered or the application lists: nothing is left for a while."""
    user = walk.one("select distinct user_id from exam_results where user_id <> '' order by 1")
    walk.run("insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at) "
             "select %s || item_id, %s, item_id, 'algebra', true, %s "
             "from (select item_id from attempt_log union select id::text from question union "
             "select q ->> 'question_id' from exam_results, jsonb_path_query(result_json, '$.questions[*]') as q) "
             "as items where item_id <> ''", f"w{walk.number}-", user[0] if user else "u", walk.day())


def question_listed(walk: Walk) -> None:
    walk.run("insert into question (id, created_at) values (%s, %s) on conflict do nothing",
             walk.random.randint(1, 9), walk.day())


def question_retired(walk: Walk) -> None:
    if row := walk.one("select id from question order by 1"):
        walk.run("delete from question where id = %s", row[0])


# Runs

def run_published(walk: Walk) -> None:
    fit, run_id, day = walk.random.choice(["irt", "survival", "growth"]), f"r{walk.number}", walk.day(40, 3)
    walk.note(f"{fit} {day}")
    walk.run("insert into fit_run (run_id, fit, as_of, status, params, started_at) values "
             "(%s, %s, %s, 'published', '{\"horizon_days\": 14}', clock_timestamp())", run_id, fit, day)
    learners = "select distinct user_id from exam_results where user_id <> ''"
    shift = walk.random.random()
    if fit == "irt":
        walk.run(f"insert into mirt_ability (run_id, fitted_at, user_id, theta, se) select %s, now(), user_id, "
                 f"%s + length(user_id) / 10.0, 0.3 from ({learners}) as l", run_id, shift)
        walk.run(f"insert into ability_weekly "
                 f"(run_id, fitted_at, user_id, week_start, theta_wle, se_wle, theta_eap, se_eap, n) "
                 f"select %s, now(), user_id, date_trunc('week', %s::timestamp)::date - 7 * w, %s - w / 10.0, .3, .1, "
                 f".3, 9 "
                 f"from ({learners}) as l, generate_series(0, 8) as w", run_id, day, shift)
        walk.run(f"insert into ability_change "
                 f"select %s, now(), user_id, date_trunc('week', %s::timestamp)::date, 9, 9, "
                 f"%s, .3, .1, .2 from ({learners}) as l", run_id, day, shift)
        walk.run("insert into mirt_fit_meta (run_id, fitted_at, model_spec, metrics) "
                 "values (%s, now(), '{}', '{\"change\": {\"change_sd\": 0.5}}')", run_id)
    elif fit == "survival":
        walk.run(f"insert into survival_risk (run_id, fitted_at, user_id, risk_score, idle_days, status, horizon_days) "
                 f"select %s, now(), user_id, abs(hashtext(user_id || %s) %% 100) / 100.0, 3, 'at_risk', 14 "
                 f"from ({learners}) as l", run_id, str(shift))
    else:
        walk.run(f"insert into growth_predictions "
                 f"(run_id, fitted_at, user_id, probability, sigma, mean, target, goal_date) "
                 f"select %s, now(), user_id, %s, .4, .2, 0, %s::date + 14 from ({learners}) as l", run_id, shift, day)


def run_withdrawn(walk: Walk) -> None:
    if row := walk.one("select run_id from fit_run where status = 'published' order by 1"):
        walk.run("update fit_run set status = 'withdrawn' where run_id = %s", row[0])


def run_published_again(walk: Walk) -> None:
    if row := walk.one("select run_id from fit_run where status = 'withdrawn' order by 1"):
        walk.run("update fit_run set status = 'published' where run_id = %s", row[0])


def run_pruned(walk: Walk) -> None:
    """As `dreamseed prune` does it, once a build has read the run."""
    if row := walk.one("select run_id from fit_run where status = 'published' and pruned_at is null "
                       "and fit = 'survival' order by 1"):
        walk.school.build()
        walk.run("delete from survival_risk where run_id = %s", row[0])
        walk.run("update fit_run set pruned_at = clock_timestamp() where run_id = %s", row[0])


SOURCE_CHANGES: list[Callable[[Walk], None]] = [
    answers_of_a_day, answers_of_a_day, late_answers, answers_ahead_of_as_of, answers_of_a_newcomer,
    answers_at_no_time, clock_set_back, answer_deleted, answer_changed, log_truncated_and_loaded_again,
    answers_taken_out_for_a_while, commits_late, exam_added, exam_scored_again, exam_failed, exam_changes_hands,
    exam_deleted, session_ends_later, session_of_answers, session_deleted, goal_set, goal_edited,
    goal_deleted, everything_solved, everything_solved, question_listed, question_retired]
RUN_CHANGES: list[Callable[[Walk], None]] = [
    run_published, run_published, run_withdrawn, run_published_again, run_pruned]
