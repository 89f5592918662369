{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

recent as (

    select * from {{ ref('int_kpi_response_medians') }}

),

prev as (

    select * from {{ ref('int_kpi_response_medians') }}

),

compared as (

    select
        weeks.*,
        coalesce(recent.n_answers, 0) as n_recent,
        coalesce(prev.n_answers, 0) as n_prev,
        recent.median_ms as median_recent,
        prev.median_ms as median_prev
    from weeks
    left join recent on weeks.user_id = recent.user_id and weeks.as_of = recent.window_end
    left join prev on weeks.user_id = prev.user_id and weeks.as_of - 28 = prev.window_end

),

judged as (

    select
        *,
        case
            when n_recent = 0 and n_prev = 0 then 'no_response_times'
            when n_prev = 0 then 'no_previous_window'
            when n_recent < 5 or n_prev < 5 then 'too_few_answers'
            when median_prev = 0 then 'zero_previous_median'
        end as e_t_reason,
        (median_prev - median_recent) / nullif(median_prev, 0) as saving
    from compared

)

select
    user_id,
    week_start,
    as_of,
    case when e_t_reason is null then {{ rounded(clamp('saving')) }} end as e_t,
    e_t_reason
from judged
