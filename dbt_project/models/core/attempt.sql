{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['id'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['student_id', 'item_id', 'completed_at']},
             {'columns': ['completed_at']}],
    meta={'changes': 'changed_learners', 'key': 'student_id', 'learner': 'DBT_INTERNAL_DEST.student_id',
          'day': utc_day('DBT_INTERNAL_DEST.completed_at'), 'time': 'DBT_INTERNAL_DEST.completed_at',
          'up_to_as_of': false, 'is_fact': true}
) }}
-- depends_on: {{ ref('int_answers') }}, {{ ref('int_exam_answers') }}, {{ ref('int_log_answers') }}
-- depends_on: {{ ref('changed_learner') }}

with answers as (

    select
        *,
        {{ student_uuid('user_id') }} as student_id
    from ({{ answers_in_scope('attempt') }} {{ compute_once() }}) as in_scope
    where {{ is_attempt() }}

),

keyed as (

    -- Exact duplicates in the log have the same content_key; answers of exams have no copies.
    select
        *,
        coalesce(content_key, id) as copy_key
    from answers

),

distinct_answers as (

    {{ first_of_each('keyed', ['student_id', 'item_id', 'completed_at', 'position', 'copy_key'],
                     ['student_id', 'item_id', 'completed_at', 'position nulls first', 'copy_key', 'id']) }}

),

numbered as (

    -- The same order as in distinct_answers, so that one sort serves both.
    select
        distinct_answers.*,
        row_number() over so_far + earlier.n as attempt_no,
        correct and earlier.n_right = 0 and count(*) filter (where correct) over so_far = 1 as is_first_right,
        case
            when row_number() over so_far = 1 then earlier.last_wrong_at
            else lag(case when not correct then completed_at end) over so_far
        end as previous_wrong_at
    from distinct_answers
    cross join lateral (
        {{ attempts_before_scope('attempt') }}
    ) as earlier
    window so_far as (
        partition by student_id, item_id order by completed_at, position nulls first, copy_key rows unbounded preceding
    )

)

select
    id, student_id, user_id, item_id, correct, response_time_ms, hints, hint_used, completed_at,
    completed_at - response_time_ms * interval '1 millisecond' as started_at,
    cast(attempt_no as integer) as attempt_no,
    attempt_no = 1 as is_first_attempt,
    hint_used is not true as is_unassisted,
    session_id, topic_id, exam_result_id, position, arrived_at, content_key, is_first_right, previous_wrong_at
from numbered
