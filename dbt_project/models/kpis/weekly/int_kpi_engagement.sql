{{ config(materialized='ephemeral') }}

with windows as (

    select * from {{ ref('int_kpi_windows') }}

),

parts as (

    select
        *,
        {{ clamp('cast(sessions_28 as double precision) / 28') }} as by_sessions,
        {{ clamp('1 / mean_gap_28') }} as by_gap,
        {{ clamp('1 - mean_hints_28 / 3') }} as by_hints,
        {{ clamp('mean_session_seconds_28 / 900') }} as by_seconds
    from windows

)

select
    user_id,
    week_start,
    as_of,
    case
        when active_days_28 = 0 then 0
        else {{ rounded(weighted_known([
            (0.35, 'by_sessions'), (0.25, 'by_gap'), (0.20, 'by_hints'), (0.20, 'by_seconds')])) }}
    end as a_t,
    sessions_28 as sessions,
    {{ rounded('mean_gap_28') }} as mean_gap,
    case
        when active_days_28 = 0 then 'no_activity'
        when active_days_28 = 1 then 'one_active_day'
    end as mean_gap_reason,
    attempts_28 as n_attempts
from parts
