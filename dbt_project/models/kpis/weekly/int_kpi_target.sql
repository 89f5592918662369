{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_weekly_kpi_weeks') }}

),

goals as (

    select * from {{ ref('stg_app__interest_goals') }} where {{ is_usable_goal() }}

)

select
    weeks.user_id,
    weeks.week_start,
    weeks.as_of,
    {{ goal_level() }} as target,
    {{ goal_day('weeks.as_of') }} as goal_date
from weeks
inner join goals
    on weeks.user_id = goals.user_id
    and {{ is_goal_known_at('weeks.as_of') }} and {{ is_goal_ahead('weeks.as_of') }}
group by weeks.user_id, weeks.week_start, weeks.as_of
