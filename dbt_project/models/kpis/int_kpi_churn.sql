{{ config(materialized='ephemeral') }}

with heuristic as (

    select * from {{ ref('int_weeks_to_tell') }}

),

risks as (

    select * from {{ ref('stg_survival__risks') }}

),

run_days as (

    select distinct run_as_of from risks

),

-- The newest run that a week could know; one that is too old says nothing about the week.
week_runs as (

    select
        days.as_of,
        max(run_days.run_as_of) as run_as_of
    from (select distinct as_of from heuristic) as days
    inner join run_days
        on days.as_of >= run_days.run_as_of
        and days.as_of - {{ var('survival_max_age_days') }} < run_days.run_as_of
    where {{ 'true' if var('survival_update_kpi') else 'false' }}
    group by days.as_of

)

select
    heuristic.user_id,
    heuristic.week_start,
    heuristic.as_of,
    coalesce({{ rounded('risks.risk_score') }}, heuristic.s_heuristic) as s,
    case
        when risks.risk_score is null then 'heuristic'
        when risks.is_churned then 'churned'
        else 'survival'
    end as s_source
from heuristic
left join week_runs on heuristic.as_of = week_runs.as_of
left join risks on week_runs.run_as_of = risks.run_as_of and heuristic.user_id = risks.user_id
