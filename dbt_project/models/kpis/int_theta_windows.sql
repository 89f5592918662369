{{ config(materialized='ephemeral') }}

with runs as (

    select * from {{ ref('int_runs_by_day') }}
    where fit = 'irt' and age_days < {{ var('theta_max_age_days') }}

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}
    where {{ is_usable_ability('theta_wle', 'se_wle') }}

),

weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

-- Of the 28 days up to as_of, two Mondays lie in the last 14 and two in the 14 before, whatever its weekday.
seen as (

    select
        weeks.user_id,
        weeks.as_of,
        abilities.week_start > weeks.as_of - 14 as is_recent,
        abilities.theta_wle,
        1 / (abilities.se_wle * abilities.se_wle) as precision,
        abilities.n
    from weeks
    inner join runs on weeks.as_of = runs.day
    inner join abilities
        on runs.run_id = abilities.run_id
        and weeks.user_id = abilities.user_id
        and abilities.week_start > weeks.as_of - 28
        and abilities.week_start <= weeks.as_of

)

select
    user_id,
    as_of,
    sum(theta_wle * precision) filter (where is_recent) / sum(precision) filter (where is_recent) as theta,
    1 / sqrt(sum(precision) filter (where is_recent)) as theta_se,
    sum(theta_wle * precision) filter (where not is_recent) / sum(precision) filter (where not is_recent)
        as theta_prev,
    1 / sqrt(sum(precision) filter (where not is_recent)) as theta_prev_se,
    cast(coalesce(sum(n) filter (where is_recent), 0) as integer) as n_recent
from seen
group by user_id, as_of
