with goals as (

    select * from {{ source('app', 'interest_goal') }}

)

select
    {{ learner_id('user_id') }} as user_id,
    topic_id,
    target_level,
    target_date,
    priority,
    coalesce(created_at, '-infinity') as created_at
from goals
