{{ config(schema='staging') }}

with items as (

    select * from {{ ref('int_course_items') }}

),

learners as (

    select min(active_on) as first_day from {{ ref('int_learner_daily') }}

),

-- From the first day on which anybody answered.
days as (

    select learners.first_day + numbers.n as day
    from learners
    cross join lateral generate_series(0, {{ as_of() }} - learners.first_day) as numbers (n)

),

-- What was listed before counts from that day on.
changes as (

    select greatest(items.held_from, learners.first_day) as day, 1 as added, 0 as retired
    from items
    cross join learners
    union all
    select greatest(items.held_until, learners.first_day) as day, 0 as added, 1 as retired
    from items
    cross join learners

),

changes_of_days as (

    select
        days.day,
        coalesce(sum(changes.added), 0) as added,
        coalesce(sum(changes.retired), 0) as retired
    from days
    left join changes on days.day = changes.day
    group by days.day

),

course as (

    select
        day,
        added,
        retired,
        sum(added - retired) over (order by day) as items_held
    from changes_of_days

)

select
    day,
    cast(items_held as integer) as items_held,
    retired > 0 as is_retirement,
    cast(min(items_held) over not_before as integer) as fewest_from_here,
    min(day) filter (where added > 0) over later as next_added_on
from course
window
    not_before as (order by day rows between current row and unbounded following),
    later as (order by day rows between 1 following and unbounded following)
