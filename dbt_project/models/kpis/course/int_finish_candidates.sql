{{ config(materialized='ephemeral') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

course as (

    select * from {{ ref('int_course_days') }}

),

learners as (

    select
        user_id,
        min(active_on) as first_on,
        sum(items_solved) as items_solved
    from days
    group by user_id

)

select
    learners.user_id,
    learners.first_on
from learners
inner join course on learners.first_on = course.day
where learners.items_solved >= course.fewest_from_here and learners.items_solved > 0
