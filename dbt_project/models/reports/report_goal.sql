with weeks as (

    select * from {{ ref('report_week') }}

),

goals as (

    select * from {{ ref('stg_app__interest_goals') }} where {{ is_usable_goal() }}

)

select
    weeks.report_week,
    goals.user_id,
    goals.topic_id,
    cast(goals.target_level as double precision) as target_level,
    goals.target_date,
    goals.priority,
    {{ is_goal_ahead('weeks.as_of') }} as is_ahead
from weeks
inner join goals on {{ is_goal_known_at('weeks.as_of') }}
