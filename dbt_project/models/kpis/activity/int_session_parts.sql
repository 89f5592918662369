{{ config(materialized='ephemeral') }}

-- For a few learners the answers are read once for both kinds of sessions; for all learners, storing them costs more
-- than reading the table twice.
with answers as {{ 'not materialized' if scope_of('int_learner_daily').is_whole else 'materialized' }} (

    select * from {{ ref('int_session_attempts') }}

),

with_pauses as (

    select
        *,
        completed_at - lag(completed_at) over (partition by user_id order by completed_at, id) as pause
    from answers
    where session_id is null

),

in_sessions as (

    select
        user_id, session_id, 0 as pause_no, {{ utc_day('completed_at') }} as active_on,
        correct, hints, response_time_ms, completed_at, started_at, is_first_right
    from answers
    where session_id is not null

    union all

    select
        user_id, session_id,
        count(*) filter (where pause > interval '{{ setting("session_pause_minutes") }} minutes') over (
            partition by user_id order by completed_at, id rows unbounded preceding
        ) as pause_no, {{ utc_day('completed_at') }}, correct, hints, response_time_ms, completed_at, started_at,
        is_first_right
    from with_pauses

)

select
    user_id, session_id, pause_no, active_on,
    count(*) as attempts, count(*) filter (where correct) as correct,
    count(*) filter (where is_first_right) as items_solved,
    count(hints) as hints_known, sum(hints) as hints,
    min(coalesce(started_at, completed_at)) as begun_at, max(completed_at) as ended_at,
    cast(sum(response_time_ms) as double precision) / 1000 as response_seconds
from in_sessions
group by user_id, session_id, pause_no, active_on
