{{ config(contract={'enforced': true}) }}

with spans as (

    select * from {{ ref('int_finished_spans') }} where finished_until = 'infinity'

),

days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

answers as (

    select
        user_id,
        max(active_on) as last_active_on,
        cast(sum(attempts) as bigint) as answers,
        cast(sum(items_solved) as bigint) as items_solved
    from days
    group by user_id

)

select
    spans.user_id,
    spans.finished_from as finished_on,
    answers.last_active_on,
    answers.answers,
    answers.items_solved
from spans
inner join answers on spans.user_id = answers.user_id
