-- An item that the application gives no topic takes the topic that most of its answers name.
with weeks as (

    select * from {{ ref('report_week') }}

),

runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

items as (

    select * from {{ ref('stg_irt__items') }} where status = 'operational'

),

questions as (

    select * from {{ ref('stg_app__questions') }}

),

attempts as (

    select * from {{ ref('attempt') }} where topic_id is not null

),

banks as (

    select
        runs.report_week,
        weeks.as_of,
        items.item_id,
        items.params,
        questions.topic_id,
        questions.content
    from runs
    inner join weeks on runs.report_week = weeks.report_week
    inner join items on runs.run_id = items.run_id
    left join questions on items.item_id = questions.item_id

),

named as (

    select
        banks.report_week,
        banks.item_id,
        attempts.topic_id,
        count(*) as n_answers
    from banks
    inner join attempts on banks.item_id = attempts.item_id
    where banks.topic_id is null and attempts.completed_at < {{ utc_midnight('(banks.as_of + 1)') }}
    group by banks.report_week, banks.item_id, attempts.topic_id

),

topics as (

    {{ first_of_each('named', ['report_week', 'item_id'], ['report_week', 'item_id', 'n_answers desc', 'topic_id']) }}

)

select
    banks.report_week,
    banks.item_id,
    coalesce(banks.topic_id, topics.topic_id) as topic_id,
    banks.content,
    cast({{ json_text('banks.params', 'a') }} as double precision) as a,
    cast({{ json_text('banks.params', 'b') }} as double precision) as b,
    coalesce(cast({{ json_text('banks.params', 'c') }} as double precision), 0) as c
from banks
left join topics on banks.report_week = topics.report_week and banks.item_id = topics.item_id
