{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_weekly_kpi_weeks') }}

),

-- Only the days on which a week ends: a run counts on seven days, and each day would be joined with all abilities.
runs as (

    select
        last_days.as_of,
        runs.run_id
    from (select distinct as_of from weeks) as last_days
    inner join {{ ref('int_runs_by_day').render() }} as runs on last_days.as_of = runs.day
    where runs.fit = 'irt' and runs.age_days < {{ setting('theta_max_age_days') }}

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}
    where {{ is_usable_ability('theta_wle', 'se_wle') }}

),

-- The 28 days up to as_of contain two Mondays in the last 14 days and two in the 14 before, whatever its weekday.
in_window as (

    select
        weeks.user_id,
        weeks.as_of,
        abilities.week_start > weeks.as_of - 14 as is_recent,
        abilities.theta_wle,
        1 / (abilities.se_wle * abilities.se_wle) as precision,
        abilities.n
    from runs
    inner join abilities
        on runs.run_id = abilities.run_id
        and abilities.week_start > runs.as_of - 28
        and abilities.week_start <= runs.as_of
    inner join weeks on runs.as_of = weeks.as_of and abilities.user_id = weeks.user_id

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
from in_window
group by user_id, as_of
