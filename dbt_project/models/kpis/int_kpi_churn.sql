{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_weeks_to_tell') }}

),

-- What a week could know; a run that is too old says nothing about it.
runs as (

    select * from {{ ref('int_runs_by_day') }}
    where age_days < {{ setting('survival_max_age_days') }}
        and {{ 'true' if setting('survival_update_kpi') else 'false' }}

),

fitted as (

    select * from {{ ref('stg_survival__risks') }}

),

rescored as (

    select * from {{ ref('stg_idle_risk__risks') }}

),

newest as (

    select
        weeks.*,
        coalesce(rescored.risk_score, fitted.risk_score) as risk_score,
        coalesce(rescored.is_churned, fitted.is_churned) as is_churned
    from weeks
    {{ join_newest_scores('weeks', 'runs', 'survival', 'fitted', 'idle_risk', 'rescored') }}

)

select
    user_id,
    week_start,
    as_of,
    coalesce({{ rounded('risk_score') }}, s_heuristic) as s,
    case
        when risk_score is null then 'heuristic'
        when is_churned then 'churned'
        else 'survival'
    end as s_source
from newest
