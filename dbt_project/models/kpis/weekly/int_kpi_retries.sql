{{ config(schema='staging', tags=['scoped']) }}

with weeks as (

    select min(as_of) as first_as_of from {{ ref('int_kpi_weeks') }}

),

-- After a wrong answer, the first right one from any retry on is again one that follows a wrong answer.
answers as (

    select *
    from {{ ref('int_kpi_attempts') }}
    where previous_wrong_at is not null and day + 28 > (select first_as_of from weeks)

),

-- In reverse order, "the first right answer from here on" is a running minimum.
answers_with_right_day as (

    select
        *,
        min(day) filter (where correct) over (
            partition by student_id, item_id order by attempt_no desc rows unbounded preceding
        ) as right_day
    from answers

),

-- The attempt before was wrong and at most 180 days earlier. Of several retries on a day, the first is right first.
retries as (

    select
        user_id, item_id, day,
        min(right_day) as right_day
    from answers_with_right_day
    where day - {{ utc_day('previous_wrong_at') }} <= 180
    group by user_id, item_id, day

),

-- The weeks whose 28 days hold the retry.
retries_of_weeks as (

    select
        user_id, item_id, right_day, day as retried_on,
        least({{ monday('day') }} + 6 + 7 * steps.step, {{ as_of() }}) as as_of
    from retries
    cross join (values (0), (1), (2), (3), (4)) as steps (step)
    where {{ monday('day') }} + 7 * steps.step <= {{ as_of() }}

),

-- An item counts once in a week.
items as (

    select
        user_id, item_id, as_of,
        min(right_day) as right_day
    from retries_of_weeks
    where as_of - retried_on < 28 and as_of >= (select first_as_of from weeks)
    group by user_id, item_id, as_of

)

select
    user_id,
    as_of,
    cast(count(*) as integer) as items_retried,
    cast(count(*) filter (where right_day <= as_of) as integer) as items_recovered
from items
group by user_id, as_of
