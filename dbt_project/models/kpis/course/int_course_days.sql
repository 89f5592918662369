{{ config(schema='staging') }}

with items as (

    select * from {{ ref('int_course_items') }}

),

-- From the first day on which anybody answered.
days as (

    select
        first_day,
        first_day + numbers.n as day
    from (select min(active_on) as first_day from {{ ref('int_learner_daily') }}) as learners
    cross join lateral generate_series(0, {{ as_of() }} - first_day) as numbers (n)

),

changes as (

    select held_from as day, 1 as added, 0 as retired from items
    union all
    select held_until as day, 0 as added, 1 as retired from items

),

changes_of_days as (

    select
        days.day,
        coalesce(sum(changes.added), 0) as added,
        coalesce(sum(changes.retired), 0) as retired
    from days
    left join changes on days.day = greatest(changes.day, days.first_day)
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
