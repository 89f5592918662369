with goals as (

    select * from {{ source('app', 'interest_goal') }}

)

select
    user_id,
    topic_id,
    target_level,
    target_date,
    priority,
    created_at
from goals
