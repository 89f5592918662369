{{ config(materialized='ephemeral') }}

-- For a few learners the answers are read once for both kinds of sessions; for all learners, storing them costs more
-- than reading the table twice.
with answers as {{ 'not materialized' if scope_of('int_learner_daily').is_whole else 'materialized' }} (

    select * from {{ ref('int_session_attempts') }}

),

sessions as (

    select * from {{ ref('stg_app__sessions') }}

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

),

parts as (

    select
        user_id, session_id, pause_no, active_on,
        count(*) as attempts, count(*) filter (where correct) as correct,
        count(*) filter (where is_first_right) as items_solved,
        count(hints) as hints_known, sum(hints) as hints,
        greatest(
            {{ seconds_between('min(coalesce(started_at, completed_at))', 'max(completed_at)') }},
            sum(response_time_ms) / 1000.0
        ) as answering_seconds,
        min(active_on) over (partition by user_id, session_id, pause_no) as begun_on
    from in_sessions
    group by user_id, session_id, pause_no, active_on

)

select
    parts.user_id, parts.session_id, parts.pause_no, parts.active_on,
    parts.attempts, parts.correct, parts.items_solved, parts.hints_known, parts.hints,
    parts.begun_on = parts.active_on as is_begin,
    -- The application's times count on the day the session ended, if it had no answers on an earlier day.
    case
        when sessions.ended_at > sessions.started_at and parts.begun_on = parts.active_on
            and {{ utc_day('sessions.ended_at') }} = parts.active_on
            and {{ is_finite('sessions.started_at') }}
            then {{ seconds_between('sessions.started_at', 'sessions.ended_at') }}
        else cast(nullif(parts.answering_seconds, 0) as double precision)
    end as seconds
from parts
left join sessions on parts.session_id = sessions.session_id
