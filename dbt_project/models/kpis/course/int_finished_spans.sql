{{ config(schema='staging') }}

with candidates as (

    select * from {{ ref('int_finish_candidates') }}

),

solved as (

    select * from {{ ref('int_solved_items') }} where day <= {{ as_of() }}

),

course as (

    select * from {{ ref('int_course_days') }}

),

-- Nothing is left from a day on only if the learner solved something on it, or something retired on it.
changes as (

    select solved.user_id, solved.day, solved.change
    from solved
    inner join candidates on solved.user_id = candidates.user_id
    union all
    select candidates.user_id, course.day, 0 as change
    from candidates
    inner join course on candidates.first_on <= course.day
    where course.is_retirement

),

days as (

    select
        user_id,
        day,
        sum(sum(change)) over (partition by user_id order by day) as items_solved,
        lead(day, 1, 'infinity') over (partition by user_id order by day) as next_day
    from changes
    group by user_id, day

),

-- Nothing is left until the next of these days, or until the course adds an item. Spans that touch are one.
finished_days as (

    select
        days.user_id,
        days.day as finished_from,
        least(days.next_day, course.next_added_on) as finished_until,
        coalesce(
            lag(least(days.next_day, course.next_added_on)) over (partition by days.user_id order by days.day) < days.day,
            true
        ) as is_start
    from days
    inner join course on days.day = course.day
    where days.items_solved = course.items_held and course.items_held > 0

),

spans as (

    select
        *,
        count(*) filter (where is_start) over (partition by user_id order by finished_from) as span_no
    from finished_days

)

select
    user_id,
    min(finished_from) as finished_from,
    max(finished_until) as finished_until
from spans
group by user_id, span_no
