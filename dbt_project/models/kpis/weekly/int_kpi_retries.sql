{{ config(schema='staging', tags=['scoped']) }}

with wrong as (

    select user_id, student_id, item_id, attempt_no, day from {{ ref('int_kpi_attempts') }} where not correct

),

-- In reverse order, "the first right answer from here on" is a running minimum.
next_answers as (

    select
        student_id, item_id, attempt_no, day,
        min(day) filter (where correct) over (
            partition by student_id, item_id order by attempt_no desc rows unbounded preceding
        ) as right_day
    from {{ ref('int_kpi_attempts') }}
    where attempt_no > 1

),

-- The days on which this wrong answer is the item's last in the previous 28 days and the next answer is recent.
spans as (

    select
        wrong.user_id,
        next_answers.right_day,
        greatest(wrong.day + 28, next_answers.day) as from_day,
        least(wrong.day + 55, next_answers.day + 27, {{ as_of() }}) as to_day
    from wrong
    inner join next_answers
        on wrong.student_id = next_answers.student_id and wrong.item_id = next_answers.item_id
        and wrong.attempt_no + 1 = next_answers.attempt_no

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
