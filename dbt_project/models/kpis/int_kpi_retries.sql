{{ config(schema='staging') }}

with attempts as (

    select * from {{ ref('int_kpi_attempts') }}

),

repeated as (

    -- Two processes read all attempts twice sooner than one keeps them; those of a day's windows are kept.
    select * from {{ ref('int_kpi_attempts') if from_scratch('int_kpi_core') else 'attempts' }} where attempt_no > 1

),

tried_again as (

    select distinct user_id, item_id from repeated

),

-- Read backwards, "the next answer" and "the first right answer after this one" are running values.
followed as (

    select
        attempts.user_id, attempts.item_id, attempts.correct, attempts.day,
        lag(attempts.day) over backwards as next_day,
        min(attempts.day) filter (where attempts.correct) over (
            partition by attempts.user_id, attempts.item_id
            order by attempts.completed_at desc, attempts.attempt_no desc
            rows between unbounded preceding and 1 preceding
        ) as right_day
    from attempts
    inner join tried_again
        on attempts.user_id = tried_again.user_id and attempts.item_id = tried_again.item_id
    window backwards as (
        partition by attempts.user_id, attempts.item_id
        order by attempts.completed_at desc, attempts.attempt_no desc
    )

),

-- The days on which this wrong answer is the item's last in the previous 28 days and the next one is recent.
spans as (

    select
        *,
        greatest(day + 28, next_day) as from_day,
        least(day + 55, next_day + 27, {{ as_of() }}) as to_day
    from followed
    where not correct and next_day is not null

),

judged as (

    select
        spans.user_id, spans.right_day,
        least({{ monday('spans.from_day') }} + 6 + 7 * steps.step, {{ as_of() }}) as as_of
    from spans
    cross join (values (0), (1), (2), (3), (4)) as steps (step)
    where spans.from_day <= spans.to_day
        and {{ monday('spans.from_day') }} + 7 * steps.step <= {{ as_of() }}
        and least({{ monday('spans.from_day') }} + 6 + 7 * steps.step, {{ as_of() }}) <= spans.to_day

)

select
    user_id,
    as_of,
    cast(count(*) as integer) as items_retried,
    cast(count(*) filter (where right_day <= as_of) as integer) as items_recovered
from judged
group by user_id, as_of
