{{ config(contract={'enforced': true}) }}

with goals as (

    select * from {{ ref('stg_app__interest_goals') }}
    where {{ is_usable_goal() }} and {{ is_goal_known_at(as_of()) }} and {{ is_goal_ahead(as_of()) }}

)

select
    user_id,
    {{ goal_level() }} as target,
    {{ goal_day(as_of()) }} as goal_date
from goals
group by user_id
