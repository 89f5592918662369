{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_weekly_kpi_weeks') }}

),

-- The newest run of each fit for the week; a run that is too old is not used.
runs as (

    select * from {{ ref('int_runs_by_day') }}
    where age_days < {{ setting('survival_max_age_days') }}
        and {{ 'true' if setting('survival_update_kpi') else 'false' }}

),

fitted as (

    select * from {{ ref('stg_survival__risks') }}

),

idle_scored as (

    select * from {{ ref('stg_idle_risk__risks') }}

),

-- A score counts while the absence that it describes goes on: until the learner answers again.
newest as (

    select
        weeks.*,
        case
            when idle_scored.user_id is null then fits.age_days + fitted.idle_days
            else scorings.age_days + idle_scored.idle_days
        end = weeks.idle_days as is_same_absence,
        coalesce(idle_scored.risk_score, fitted.risk_score) as risk_score,
        coalesce(idle_scored.is_churned, fitted.is_churned) as is_churned
    from weeks
    {{ join_newest_fit_or_scoring('weeks', 'runs', 'survival', 'fitted', 'idle_risk', 'idle_scored') }}

)

select
    user_id,
    week_start,
    as_of,
    case when is_same_absence then {{ rounded('risk_score') }} else s_heuristic end as s,
    case
        when is_finished then 'finished'
        when not coalesce(is_same_absence, false) then 'heuristic'
        when is_churned then 'churned'
        else 'survival'
    end as s_source
from newest
