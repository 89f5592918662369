{{ config(materialized='view') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

course as (

    select * from {{ ref('int_course_days') }}

),

closed as (

    select * from {{ ref('int_closed_days') }}

),

-- How many days the school was closed up to each day.
calendar as (

    select
        course.day,
        count(closed.day) as n_closed,
        count(closed.day) filter (where closed.day = course.day) as is_closed
    from course
    left join closed on course.day >= closed.day
    group by course.day

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
    -- a day on which the learner answered counts, whatever the calendar says
    cast({{ day_number('days.active_on') }} - calendar.n_closed + sum(calendar.is_closed) over (
        partition by days.user_id order by days.active_on
    ) as integer) as school_day,
    -- the 28 school days that a gap looks back on may be spread over as many more as the school was closed
    days.active_on > {{ day_before_first_gap() }} - 27 - cast(max(calendar.n_closed) over () as integer) as is_in_reach,
    days.attempts,
    days.correct,
    cast(course.items_held - solved.items_solved as integer) as items_left,
    days.items_solved
from days
inner join solved on days.user_id = solved.user_id and days.active_on = solved.day
inner join course on days.active_on = course.day
inner join calendar on days.active_on = calendar.day
