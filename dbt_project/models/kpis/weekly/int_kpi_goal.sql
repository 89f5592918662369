{{ config(materialized='ephemeral') }}

with normal as (

    select * from {{ ref('int_kpi_goal_normal') }}

),

runs as (

    select * from {{ ref('int_runs_by_day') }}
    where age_days < {{ setting('ability_max_age_days') }}
        and {{ 'true' if setting('metrics_use_bayesian') and setting('brms_update_kpi') else 'false' }}

),

fitted as (

    select * from {{ ref('stg_growth__predictions') }} where probability is not null and sigma is not null

),

idle_predicted as (

    select * from {{ ref('stg_idle_growth__predictions') }} where probability is not null and sigma is not null

),

newest as (

    select
        normal.*,
        coalesce(idle_predicted.probability, fitted.probability) as probability,
        coalesce(idle_predicted.sigma, fitted.sigma) as sigma,
        coalesce(idle_predicted.target, fitted.target) as predicted_target
    from normal
    {{ join_newest_fit_or_scoring('normal', 'runs', 'growth', 'fitted', 'idle_growth', 'idle_predicted') }}

),

-- A prediction made for another target, before the goal was set, changed or over, does not answer for this one.
judged as (

    select
        *,
        probability is not null and coalesce(abs(predicted_target - target) < 1e-6, true) as is_predicted
    from newest

)

select
    user_id,
    week_start,
    as_of,
    case when is_predicted then {{ rounded('probability') }} else p_normal end as p,
    case when is_predicted then {{ rounded('sigma') }} else sigma_normal end as sigma,
    case
        when is_predicted then 'bayesian'
        when p_normal is not null then 'normal'
    end as p_method,
    case when not is_predicted then p_reason end as p_reason
from judged
