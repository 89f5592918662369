with weeks as (

    select * from {{ ref('report_week') }}

),

days as (

    select * from {{ ref('features_topic_daily') }}

),

runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

metas as (

    select * from {{ ref('stg_irt__fit_metas') }}

),

-- Materialized, so that the large `metrics` is unpacked once per run and not once per ability.
priors as materialized (

    select
        run_id,
        sqrt(power({{ irt_prior('metrics', 'sd') }}, 2) + {{ irt_topic_spread('metrics') }}) as sd
    from metas

),

topic_abilities as (

    select * from {{ ref('stg_irt__topic_abilities') }} where theta_joint is not null and se_joint > 0

),

work as (

    select
        weeks.report_week,
        days.user_id,
        days.topic_id,
        cast(sum(days.attempts) as integer) as attempts,
        cast(sum(days.correct) as integer) as correct
    from weeks
    inner join days on days.date between weeks.as_of - 27 and weeks.as_of
    group by weeks.report_week, days.user_id, days.topic_id

),

abilities as (

    select
        runs.report_week,
        topic_abilities.*,
        {{ is_level_known('topic_abilities.se_joint', 'priors.sd') }} as is_known
    from runs
    inner join topic_abilities on runs.run_id = topic_abilities.run_id
    left join priors on runs.run_id = priors.run_id

)

select
    report_week,
    user_id,
    topic_id,
    coalesce(work.attempts, 0) as attempts,
    coalesce(work.correct, 0) as correct,
    abilities.theta_joint as theta,
    abilities.se_joint as se,
    abilities.deviation,
    abilities.deviation_se,
    coalesce(abilities.is_known, false) as is_known
from work
full join abilities using (report_week, user_id, topic_id)
