{{ config(materialized='ephemeral') }}

with windows as (

    select * from {{ ref('int_kpi_windows') }}

),

counts as (

    -- As doubles, because square roots and divisions of numeric cost ten times as much.
    select
        user_id, week_start, as_of,
        cast(n_recent as double precision) as n_recent,
        cast(n_prev as double precision) as n_prev,
        cast(correct_recent as double precision) as correct_recent,
        cast(correct_prev as double precision) as correct_prev
    from windows

),

proportions as (

    select
        *,
        correct_recent / nullif(n_recent, 0) as p_recent,
        correct_prev / nullif(n_prev, 0) as p_prev,
        -- Agresti-Coull: z^2 = 3.8416 more answers, half of them right, so that n = 1 is not certain.
        (correct_recent + 1.9208) / (n_recent + 3.8416) as q_recent,
        (correct_prev + 1.9208) / (n_prev + 3.8416) as q_prev
    from counts

),

uncertain as (

    select
        *,
        1.96 * sqrt(
            q_recent * (1 - q_recent) / nullif(n_recent, 0) + q_prev * (1 - q_prev) / nullif(n_prev, 0)
        ) as half_width
    from proportions

),

judged as (

    select
        *,
        case
            when n_prev = 0 then 'no_previous_window'
            when n_recent < 5 then 'too_few_answers'
        end as i_t_reason,
        least(1, n_recent / 30.0) * (1 - least(0.5, half_width)) as reduction
    from uncertain

)

select
    user_id,
    week_start,
    as_of,
    case when i_t_reason is null then {{ rounded(clamp('(p_recent - p_prev) * reduction', -1, 1)) }} end as i_t,
    case when i_t_reason is null then {{ rounded('half_width / 1.96 * reduction') }} end as i_t_se,
    i_t_reason
from judged
