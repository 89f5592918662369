"""The history as bulk answers in `attempt_log`, landed by the file loader's own statement."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, LiteralString

import psycopg

from python_models.answers import land, stage
from simulated_school.school import School

ANSWER: LiteralString = """
    insert into pg_temp.attempt_file (line, user_id, item_id, topic_id, correct, completed_at, response_time_ms,
                                      hints, session_id)
    select row_number() over (), ids.name, item_id::text, topic.name, correct,
           %(origin)s::timestamptz + answer.ended_ms * interval '1 millisecond',
           response_ms, hints, 'session-' || session
    from simulated_answer as answer
    join simulated_session using (session)
    join simulated_id as ids on ids.number = learner
    join simulated_item using (item)
    join simulated_topic as topic on topic.number = simulated_item.topic"""


def write_attempts(cursor: psycopg.Cursor[Any], school: School, schema: str) -> None:
    """Fill `<schema>.attempt_log` from the staged history and the dirty rows staged in `dirty_attempt`.

    `source_id` is the one that the loader would give the same rows of a file. `loaded_at` is the real time of
    loading, because later builds depend on it.
    """
    stage(cursor)
    cursor.execute(ANSWER, {"origin": datetime.combine(school.first_day, time(), UTC)})
    cursor.execute("insert into pg_temp.attempt_file select * from pg_temp.dirty_attempt")
    land(cursor, schema)
