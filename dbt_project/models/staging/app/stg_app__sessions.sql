with sessions as (

    select * from {{ source('app', 'session') }}

)

select
    id as session_id,
    {{ learner_id('user_id') }} as user_id,
    org_id,
    {{ blank_to_null('classroom_id') }} as classroom_id,
    {{ blank_to_null('exam_id') }} as exam_id,
    started_at,
    ended_at,
    status,
    created_at
from sessions
