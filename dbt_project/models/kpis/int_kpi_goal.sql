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

carried_on as (

    select * from {{ ref('stg_idle_growth__predictions') }} where probability is not null and sigma is not null

),

newest as (

    select
        normal.*,
        coalesce(carried_on.probability, fitted.probability) as probability,
        coalesce(carried_on.sigma, fitted.sigma) as sigma
    from normal
    {{ join_newest_scores('normal', 'runs', 'growth', 'fitted', 'idle_growth', 'carried_on') }}

)

select
    user_id,
    week_start,
    as_of,
    coalesce({{ rounded('probability') }}, p_normal) as p,
    coalesce({{ rounded('sigma') }}, sigma_normal) as sigma,
    case
        when probability is not null then 'bayesian'
        when p_normal is not null then 'normal'
    end as p_method,
    case when probability is null then p_reason end as p_reason
from newest
