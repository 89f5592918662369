"""The history as the learning application would store it: exams with their answers in JSON, sessions, goals, items.

Statements run with the target schema first in the search path and the temporary tables of `staging` filled.
All answers of an exam result were completed when their session ended.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, LiteralString

import psycopg

from simulated_school.school import School

TABLES = ("exam_results", "session", "interest_goal", "question", "classroom", "calendar")
CLASS_SIZE = 25

CLASSROOM: LiteralString = """
    insert into classroom (id, org_id, name, grade, created_at)
    select 'class-' || number, '1', 'Class ' || number, 5 + number %% 7, %(origin)s::timestamptz - interval '40 days'
    from generate_series(1, %(classes)s) as number"""

# difficulty and meta.irt are the generating values, on the scale on which ability at the start is N(0, 1).
# Some questions have no meta or no item parameters yet, as in a real bank.
QUESTION: LiteralString = """
    insert into question (id, content, difficulty, topic_id, meta, created_at, updated_at)
    select item_id, 'Question ' || item_id, round(b::numeric, 3), name,
           case when item %% 40 = 17 then null
                when item %% 40 = 23 then '{"tags": []}'::jsonb
                else jsonb_build_object(
                    'irt', jsonb_build_object('a', round(a::numeric, 4), 'b', round(b::numeric, 4),
                                              'c', round(c::numeric, 4), 'model', '3PL', 'version', 'bank-1'),
                    'tags', case when item %% 6 = 0 then '["anchor"]'::jsonb else '[]'::jsonb end) end,
           %(origin)s::timestamptz - interval '30 days', %(origin)s::timestamptz - interval '30 days'
    from simulated_item join simulated_topic on number = topic"""

GOAL: LiteralString = """
    insert into interest_goal (user_id, topic_id, target_level, target_date, priority, created_at)
    select ids.name, topic.name, round((theta0 + 0.2 + learner * 37 %% 80 / 100.0)::numeric, 3),
           case when learner %% 4 > 0 then %(as_of)s::date + 14 + (learner %% 70)::int end, 1 + learner %% 3,
           %(origin)s::timestamptz + start_day * interval '1 day'
    from simulated_learner
    join simulated_id as ids on ids.number = learner
    join simulated_topic as topic on topic.number in (learner %% %(topics)s,
                                                      case when learner %% 5 = 0 then (learner + 1) %% %(topics)s end)
    where learner %% 5 < 3"""

SESSION: LiteralString = """
    insert into session (id, user_id, org_id, classroom_id, exam_id, started_at, ended_at, status, created_at)
    select 'session-' || session, name, 1, 'class-' || 1 + learner %% %(classes)s, (1 + session %% 50)::text,
           %(origin)s::timestamptz + started_ms * interval '1 millisecond',
           %(origin)s::timestamptz + ended_ms * interval '1 millisecond', 'completed',
           %(origin)s::timestamptz + started_ms * interval '1 millisecond'
    from simulated_session join simulated_id on number = learner"""

# Ids of questions are numbers, in one exam of seven text. One exam of twenty was re-scored ten days later, which
# only updated_at shows.
EXAM: LiteralString = """
    insert into exam_results (id, session_id, user_id, org_id, exam_id, status, result_json, score_raw, score_scaled,
                              standard_error, created_at, updated_at)
    select md5(%(seed)s || ' exam ' || session)::uuid, 'session-' || session, name, 1, 1 + session %% 50, 'ready',
           jsonb_build_object('questions', questions), n_right, round(100.0 * n_right / n, 1),
           round(100 * sqrt((n_right + 2.0) * (n - n_right + 2) / (n + 4.0) ^ 3), 2), saved_at,
           saved_at + case when session %% 20 = 3 then interval '10 days' else interval '0' end
    from (
        select session, count(*) as n, count(*) filter (where correct) as n_right,
               jsonb_agg(jsonb_build_object(
                   'question_id', case when session %% 7 = 5 then to_jsonb(item_id::text) else to_jsonb(item_id) end,
                   'is_correct', correct, 'time_spent_sec', round(response_ms / 1000.0, 3),
                   'used_hints', hints, 'topic', name) order by position) as questions
        from simulated_answer join simulated_item using (item) join simulated_topic on number = topic
        group by session) as exam
    join (
        select session, name,
               %(origin)s::timestamptz + (ended_ms + 2000 + session %% 5 * 1000) * interval '1 millisecond' as saved_at
        from simulated_session join simulated_id on number = learner) as ended using (session)"""


CLOSURE: LiteralString = """
    insert into calendar (from_day, to_day, kind, name, created_at)
    values (%(from_day)s, %(from_day)s::date + %(days)s::int - 1, 'closed', %(name)s,
            %(origin)s::timestamptz - interval '40 days')"""


def write_application(cursor: psycopg.Cursor[Any], school: School) -> None:
    """Fill the application's tables from the staged history."""
    values = {"origin": datetime.combine(school.first_day, time(), UTC), "as_of": school.as_of,
              "seed": str(school.seed), "classes": -(-school.learners // CLASS_SIZE), "topics": school.topics}
    for statement in (CLASSROOM, QUESTION, GOAL, SESSION, EXAM):
        cursor.execute(statement, values)
    cursor.executemany(CLOSURE, [
        {"from_day": school.first_day + timedelta(days=one.day), "days": one.days, "name": one.name, **values}
        for one in school.closures])
