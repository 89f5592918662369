{{ config(schema='staging') }}

with answers as (

    select
        user_id,
        response_time_ms,
        {{ utc_day('completed_at') }} as day
    from {{ ref('attempt') }}
    where correct and response_time_ms is not null and {{ known_by_as_of('completed_at') }}

),

-- A window of 28 days ends on a Sunday; each day lies in the windows of four Sundays.
by_sunday as (

    select
        answers.user_id,
        answers.response_time_ms,
        {{ monday('answers.day') }} + 6 + 7 * steps.step as window_end
    from answers
    cross join (values (0), (1), (2), (3)) as steps (step)
    where {{ monday('answers.day') }} + 6 + 7 * steps.step <= {{ as_of() }}

),

-- Unless as_of is a Sunday, the running week has two windows of its own: up to as_of and the 28 days before.
by_as_of as (

    select
        user_id,
        response_time_ms,
        case when day > {{ as_of() }} - 28 then {{ as_of() }} else {{ as_of() }} - 28 end as window_end
    from answers
    where day > {{ as_of() }} - 56 and {{ monday(as_of()) }} + 6 <> {{ as_of() }}

),

placed as (

    select * from by_sunday
    union all
    select * from by_as_of

)

select
    user_id,
    window_end,
    cast(count(*) as integer) as n_answers,
    {{ median('response_time_ms') }} as median_ms
from placed
group by user_id, window_end
