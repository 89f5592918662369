{{ config(materialized='ephemeral') }}
-- depends_on: {{ ref('changed_learner') }}

{% set columns = ['id', 'student_id', 'user_id', 'session_id', 'correct', 'hints', 'response_time_ms', 'completed_at',
                  'started_at', 'is_first_right'] | join(', ') %}
{% if scope_of('int_learner_daily').is_whole %}
select {{ columns }} from {{ ref('attempt') }}
{% else %}
{% set changed = changed_learners('int_learner_daily') ~ " as changed" %}
{% set of_changed_learners = "student_id in (select student_id from " ~ changed ~ ")" %}
with touched_sessions as (

    select attempts.session_id
    from (select * from {{ ref('attempt') }}) as attempts
    inner join {{ changed }} on attempts.student_id = changed.student_id
    where attempts.completed_at >= {{ utc_midnight(first_changed_day('int_learner_daily')) }}
        and {{ utc_day('attempts.completed_at') }} >= changed.from_day
        and attempts.session_id is not null

)

-- A session counts on the day it began, so all answers of a changed session are read.
select {{ columns }}
from {{ ref('attempt') }}
where session_id in (select session_id from touched_sessions) and {{ of_changed_learners }}

union all

-- Without a session_id, sessions are found by the pauses in the learner's whole history.
select {{ columns }}
from {{ ref('attempt') }}
where session_id is null and {{ of_changed_learners }}
{% endif %}
