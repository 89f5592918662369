{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_weekly_kpi_weeks') }}

),

runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt'

),

abilities as (

    select * from {{ ref('int_abilities') }}

),

targets as (

    select * from {{ ref('int_kpi_target') }}

),

measured as (

    select
        weeks.*,
        abilities.sd,
        abilities.mean,
        coalesce(targets.target, {{ setting('metrics_default_target') }}) as target,
        case
            when runs.run_id is null then 'no_published_fit'
            when runs.age_days >= {{ setting('ability_max_age_days') }} then 'fit_too_old'
            when abilities.mean is null then 'no_ability_estimate'
        end as p_reason
    from weeks
    left join runs on weeks.as_of = runs.day
    left join abilities on runs.run_id = abilities.run_id and weeks.user_id = abilities.user_id
    left join targets on weeks.user_id = targets.user_id and weeks.week_start = targets.week_start

)

select
    user_id,
    week_start,
    as_of,
    target,
    -- equals 1 - Phi((target - mean) / sd)
    case when p_reason is null then {{ rounded(normal_cdf('(mean - target) / sd')) }} end as p_normal,
    case when p_reason is null then {{ rounded('sd') }} end as sigma_normal,
    p_reason
from measured
