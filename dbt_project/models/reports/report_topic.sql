with weeks as (

    select * from {{ ref('report_week') }}

),

days as (

    select * from {{ ref('features_topic_daily') }}

),

runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

topic_abilities as (

    select * from {{ ref('stg_irt__topic_abilities') }} where theta is not null and se > 0

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
        topic_abilities.user_id,
        topic_abilities.topic_id,
        topic_abilities.theta,
        topic_abilities.se
    from runs
    inner join topic_abilities on runs.run_id = topic_abilities.run_id

)

select
    report_week,
    user_id,
    topic_id,
    coalesce(work.attempts, 0) as attempts,
    coalesce(work.correct, 0) as correct,
    abilities.theta,
    abilities.se
from work
full join abilities using (report_week, user_id, topic_id)
