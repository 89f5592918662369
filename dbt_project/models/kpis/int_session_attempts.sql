{{ config(materialized='view', schema='staging') }}

with attempts as (

    select id, student_id, user_id, session_id, correct, hints, response_time_ms, completed_at, started_at
    from {{ ref('attempt') }}

)

{% if from_scratch('int_learner_daily') %}
select * from attempts
{% else %}
,

changes as (

    select * from {{ changed_learners('int_learner_daily') }} as changes

),

touched_sessions as (

    select attempts.session_id
    from attempts
    inner join changes on attempts.student_id = changes.student_id
    where attempts.completed_at >= {{ utc_midnight(changed_from('int_learner_daily')) }}
        and {{ utc_day('attempts.completed_at') }} >= changes.changed_from
        and attempts.session_id is not null

)

-- A session counts where it began, so one that a change touches is read whole. Where the source names none, sessions are
-- told by the pauses of a learner's whole history.
select *
from attempts
where student_id in (select student_id from changes)
    and (session_id is null or session_id in (select session_id from touched_sessions))
{% endif %}
