{{ config(schema='staging', tags=['scoped']) }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

days as (

    select * from {{ ref('int_kpi_days') }}

),

-- Each week is a mark among the learner's active days, so a window is a frame and needs no range join.
timeline as (

    select
        user_id, {{ day_number('active_on') }} as day_no, active_on, cast(null as date) as week_start,
        attempts, correct, hints_known, hints, sessions, timed_sessions, session_microseconds
    from days

    union all

    select user_id, {{ day_number('as_of') }}, null, week_start, null, null, null, null, null, null, null
    from weeks

),

windows as (

    select
        user_id, week_start, day_no,
        coalesce(sum(attempts) over last_14, 0) as n_recent,
        coalesce(sum(correct) over last_14, 0) as correct_recent,
        coalesce(sum(attempts) over prev_14, 0) as n_prev,
        coalesce(sum(correct) over prev_14, 0) as correct_prev,
        coalesce(sum(attempts) over last_28, 0) as attempts_28,
        coalesce(sum(sessions) over last_28, 0) as sessions_28,
        count(active_on) over last_28 as active_days_28,
        max(active_on) over last_28 - min(active_on) over last_28 as active_span_28,
        coalesce(sum(hints_known) over last_28, 0) as hints_known_28,
        sum(hints) over last_28 as hints_28,
        coalesce(sum(timed_sessions) over last_28, 0) as timed_sessions_28,
        sum(session_microseconds) over last_28 as session_microseconds_28,
        coalesce(sum(sessions) over last_56, 0) as sessions_56,
        count(active_on) over last_56 as active_days_56,
        max(active_on) over last_56 - min(active_on) over last_56 as active_span_56,
        day_no - {{ day_number('max(active_on) over so_far') }} as days_since
    from timeline
    window
        last_14 as (partition by user_id order by day_no range between 13 preceding and current row),
        prev_14 as (partition by user_id order by day_no range between 27 preceding and 14 preceding),
        last_28 as (partition by user_id order by day_no range between 27 preceding and current row),
        last_56 as (partition by user_id order by day_no range between 55 preceding and current row),
        so_far as (partition by user_id order by day_no range between unbounded preceding and current row)

)

select
    user_id, week_start, cast('2000-01-01' as date) + day_no as as_of,
    cast(n_recent as integer) as n_recent, cast(correct_recent as integer) as correct_recent,
    cast(n_prev as integer) as n_prev, cast(correct_prev as integer) as correct_prev,
    cast(attempts_28 as integer) as attempts_28, cast(sessions_28 as integer) as sessions_28,
    cast(active_days_28 as integer) as active_days_28,
    cast(active_span_28 as double precision) / nullif(active_days_28 - 1, 0) as mean_gap_28,
    cast(hints_28 as double precision) / nullif(hints_known_28, 0) as mean_hints_28,
    cast(session_microseconds_28 as double precision) / nullif(timed_sessions_28, 0) / 1000000
        as mean_session_seconds_28,
    cast(sessions_56 as integer) as sessions_56, cast(active_days_56 as integer) as active_days_56,
    cast(active_span_56 as double precision) / nullif(active_days_56 - 1, 0) as mean_gap_56,
    days_since
from windows
where week_start is not null
