with classrooms as (

    select * from {{ ref('stg_app__classrooms') }}

)

select
    classroom_id,
    classroom_name as name,
    grade
from classrooms
