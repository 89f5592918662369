{{ config(materialized='view') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

course as (

    select * from {{ ref('int_course_days') }}

),

-- Only learners with a gap that is sent.
recent as (

    select distinct user_id from days where active_on > {{ day_before_first_gap() }}

),

changes as (

    select * from {{ ref('int_solved_items') }} where day <= {{ as_of() }}

),

solved as (

    select
        changes.user_id,
        changes.day,
        sum(sum(changes.change)) over (partition by changes.user_id order by changes.day) as items_solved
    from changes
    inner join recent on changes.user_id = recent.user_id
    group by changes.user_id, changes.day

)

select
    days.user_id,
    days.active_on,
    days.attempts,
    days.correct,
    cast(course.items_held - solved.items_solved as integer) as items_left,
    days.items_solved
from days
inner join solved on days.user_id = solved.user_id and days.active_on = solved.day
inner join course on days.active_on = course.day
