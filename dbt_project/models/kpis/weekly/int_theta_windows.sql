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
    inner join (select * from {{ ref('int_runs_by_day') }}) as runs on last_days.as_of = runs.day
    where runs.fit = 'irt' and runs.age_days < {{ setting('theta_max_age_days') }}

),

abilities as (

    select * from {{ ref('stg_irt__changes') }}

),

metas as (

    select * from {{ ref('stg_irt__fit_metas') }}

),

-- Materialized, so that the large `metrics` is unpacked once per run and not once per ability.
models as materialized (

    select
        runs.as_of,
        runs.run_id,
        {{ irt_change_sd('metas.metrics') }} as change_sd
    from runs
    left join metas on runs.run_id = metas.run_id

)

select
    weeks.user_id,
    weeks.as_of,
    abilities.theta,
    abilities.se as theta_se,
    abilities.change as delta_theta,
    abilities.change_se as delta_theta_se,
    {{ is_level_known('abilities.change_se', 'models.change_sd') }} as is_change_known,
    abilities.n as n_recent
from models
inner join abilities on models.run_id = abilities.run_id
inner join weeks on models.as_of = weeks.as_of and abilities.user_id = weeks.user_id
