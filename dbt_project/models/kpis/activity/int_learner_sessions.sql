{{ config(materialized='ephemeral') }}

with parts as (

    select * from {{ ref('int_session_parts') }}

),

sessions as (

    select * from {{ ref('stg_app__sessions') }}

),

-- A sitting over midnight goes on in the next day's part; a name that the source uses again after a pause is another.
with_part_before as (

    select
        *,
        min(active_on) over session as begun_on,
        case when begun_at - lag(ended_at) over session <= interval '{{ setting("session_pause_minutes") }} minutes'
            then lag(ended_at) over session end as continues_from
    from parts
    window session as (partition by user_id, session_id, pause_no order by active_on)

),

timed as (

    select
        with_part_before.*,
        -- The application's times count on the day the session ended, if it had no answers on an earlier day.
        case
            when sessions.ended_at > sessions.started_at and begun_on = active_on
                and {{ utc_day('sessions.ended_at') }} = active_on
                and {{ is_finite('sessions.started_at') }}
                then {{ seconds_between('sessions.started_at', 'sessions.ended_at') }}
            else cast(nullif(greatest(
                {{ seconds_between('coalesce(continues_from, begun_at)', 'with_part_before.ended_at') }}, response_seconds
            ), 0) as double precision)
        end as seconds
    from with_part_before
    left join sessions on with_part_before.session_id = sessions.session_id

)

select
    user_id, session_id, pause_no, active_on, attempts, correct, items_solved, hints_known, hints,
    begun_on = active_on as is_begin,
    seconds,
    seconds is not null and (continues_from is null or lag(seconds) over session is null) as is_timed_begin
from timed
window session as (partition by user_id, session_id, pause_no order by active_on)
