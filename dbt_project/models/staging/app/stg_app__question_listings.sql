with listings as (

    {{ versions_of(ref('question_history'), ['id']) }}

)

select
    cast(id as text) as item_id,
    known_from,
    known_until
from listings
