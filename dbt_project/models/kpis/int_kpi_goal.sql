{{ config(materialized='ephemeral') }}

with normal as (

    select * from {{ ref('int_kpi_goal_normal') }}

),

runs as (

    select * from {{ ref('int_runs_by_day') }}
    where fit = 'growth' and age_days < {{ var('ability_max_age_days') }}
        and {{ 'true' if var('metrics_use_bayesian') and var('brms_update_kpi') else 'false' }}

),

predictions as (

    select * from {{ ref('stg_growth__predictions') }} where probability is not null and sigma is not null

)

select
    normal.user_id,
    normal.week_start,
    normal.as_of,
    coalesce({{ rounded('predictions.probability') }}, normal.p_normal) as p,
    coalesce({{ rounded('predictions.sigma') }}, normal.sigma_normal) as sigma,
    case
        when predictions.user_id is not null then 'bayesian'
        when normal.p_normal is not null then 'normal'
    end as p_method,
    case when predictions.user_id is null then normal.p_reason end as p_reason
from normal
left join runs on normal.as_of = runs.day
left join predictions on runs.run_id = predictions.run_id and normal.user_id = predictions.user_id
