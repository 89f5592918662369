{{ config(
    contract={'enforced': true},
    indexes=[{'columns': ['completed_at']}]
) }}

with answers as (

    select * from {{ ref('int_answers') }}

),

ordered as (

    -- Exact duplicates of the log are neighbours in the very order that numbers the attempts: one sort.
    select
        *,
        {{ student_uuid('user_id') }} as student_id,
        coalesce(content_key = lag(content_key) over in_order, false) as is_duplicate
    from answers
    where not is_failed and reason_code is null
    window in_order as (
        partition by {{ student_uuid('user_id') }}, item_id
        order by completed_at, position nulls first, content_key, id
    )

),

numbered as (

    select
        *,
        cast(row_number() over (
            partition by student_id, item_id
            order by completed_at, position nulls first, content_key, id
        ) as integer) as attempt_no
    from ordered
    where not is_duplicate

)

select
    id,
    student_id,
    user_id,
    item_id,
    correct,
    response_time_ms,
    hints,
    hint_used,
    completed_at,
    completed_at - response_time_ms * interval '1 millisecond' as started_at,
    attempt_no,
    attempt_no = 1 as is_first_attempt,
    hint_used is not true as is_unassisted,
    session_id,
    topic_id,
    exam_result_id,
    position,
    arrived_at
from numbered
