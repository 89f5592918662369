with classrooms as (

    select * from {{ source('app', 'classroom') }}

)

select
    id as classroom_id,
    org_id,
    name as classroom_name,
    grade,
    created_at
from classrooms
