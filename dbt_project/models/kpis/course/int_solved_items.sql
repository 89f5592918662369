{{ config(materialized='view', schema='staging') }}

with days as (

    select * from {{ ref('int_learner_daily') }}

),

items as (

    select * from {{ ref('int_course_items') }}

),

first_right_answers as (

    select user_id, item_id, {{ utc_day('completed_at') }} as solved_on
    from {{ ref('attempt') }}
    where is_first_right and item_id in (select item_id from items where held_until < 'infinity')

),

-- An item that retired at some time counts while it is held, not since its answer.
changes as (

    select user_id, active_on as day, items_solved as change from days
    union all
    select user_id, solved_on as day, -1 as change from first_right_answers
    union all
    select answers.user_id, greatest(answers.solved_on, items.held_from) as day, 1 as change
    from first_right_answers as answers
    inner join items on answers.item_id = items.item_id and answers.solved_on < items.held_until
    union all
    select answers.user_id, items.held_until as day, -1 as change
    from first_right_answers as answers
    inner join items on answers.item_id = items.item_id and answers.solved_on < items.held_until
    where items.held_until < 'infinity'

)

select * from changes
