{{ config(materialized='ephemeral') }}

with windows as (

    select * from {{ ref('int_kpi_windows') }}

),

parts as (

    select
        *,
        {{ clamp('cast(days_since as double precision) / 14') }} as by_idle,
        {{ clamp('mean_gap_56 / 7') }} as by_gap,
        {{ clamp('1 - cast(sessions_56 as double precision) / 10') }} as by_sessions
    from windows

)

select
    user_id,
    week_start,
    as_of,
    days_since as idle_days,
    {{ rounded(weighted_known([(0.60, 'by_idle'), (0.25, 'by_gap'), (0.15, 'by_sessions')])) }} as s_heuristic
from parts
