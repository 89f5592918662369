with answers as (

    select * from {{ ref('int_answers') }}

)

select
    source,
    source_key,
    position,
    reason_code,
    raw_element,
    user_id,
    completed_at,
    arrived_at
from answers
where reason_code is not null
