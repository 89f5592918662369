{{ config(materialized='view', contract={'enforced': true}) }}

with answers as (

    select * from {{ ref('int_irt_answers') }}

)

select
    user_id,
    item_id,
    topic_id,
    week_start,
    is_correct,
    rule is null as is_calibrated,
    is_scored
from answers
where rule is null or is_scored
