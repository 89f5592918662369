-- Materialized: a planner that expects few items would compute the spread of topics again for each of them.
with weeks as materialized (

    select * from {{ ref('report_school') }} where is_bank_current

),

items as (

    select * from {{ ref('items_to_review') }}

),

questions as (

    select * from {{ ref('stg_app__questions') }}

)

select
    weeks.report_week,
    items.item_id,
    questions.content,
    questions.topic_id,
    items.kinds,
    items.is_drifting,
    items.effect_size,
    items.n_responses
from weeks
cross join items
left join questions on items.item_id = questions.item_id
