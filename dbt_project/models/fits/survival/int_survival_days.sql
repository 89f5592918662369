{{ config(materialized='view') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

attempts as (

    select user_id, item_id, correct, {{ utc_day('completed_at') }} as day
    from {{ ref('attempt') }}
    where {{ known_by_as_of('completed_at') }}

),

-- Only learners with a gap that is sent.
recent as (

    select distinct user_id from days where active_on > {{ day_before_first_gap() }}

),

-- An item is known from the day on which somebody first answered it.
items as (

    select
        item_id,
        min(day) as known_on
    from attempts
    group by item_id

),

first_solved as (

    select
        attempts.user_id, attempts.item_id,
        min(attempts.day) as solved_on
    from attempts
    inner join recent on attempts.user_id = recent.user_id
    where attempts.correct
    group by attempts.user_id, attempts.item_id

),

solved as (

    select
        user_id,
        solved_on,
        cast(count(*) as integer) as items_solved
    from first_solved
    group by user_id, solved_on

),

known as (

    select
        dates.active_on,
        cast(count(*) as integer) as items_known
    from (select distinct active_on from days) as dates
    inner join items on dates.active_on >= items.known_on
    group by dates.active_on

)

select
    days.user_id,
    days.active_on,
    days.attempts,
    days.correct,
    known.items_known,
    coalesce(solved.items_solved, 0) as items_solved
from days
inner join recent on days.user_id = recent.user_id
inner join known on days.active_on = known.active_on
left join solved on days.user_id = solved.user_id and days.active_on = solved.solved_on
