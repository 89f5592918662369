{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_weeks_to_tell') }}

),

goals as (

    select
        *,
        coalesce(priority, 1) as weight
    from {{ ref('stg_app__interest_goals') }}
    where target_level is not null and coalesce(priority, 1) > 0

)

select
    weeks.user_id,
    weeks.week_start,
    weeks.as_of,
    cast(sum(goals.weight * goals.target_level) / sum(goals.weight) as double precision) as target,
    coalesce(
        min(goals.target_date) filter (where goals.target_date > weeks.as_of),
        weeks.as_of + 7 * {{ var('goal_horizon_weeks') }}
    ) as goal_date
from weeks
inner join goals
    on weeks.user_id = goals.user_id
    and goals.created_at < {{ utc_midnight('(weeks.as_of + 1)') }}
group by weeks.user_id, weeks.week_start, weeks.as_of
