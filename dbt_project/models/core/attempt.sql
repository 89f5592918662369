{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['id'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['student_id', 'item_id', 'completed_at']},
             {'columns': ['completed_at']}],
    post_hook='{{ mark_attempt_built() }}',
    meta={'records_learners': true}
) }}

-- depends_on: {{ ref('int_answers') }}, {{ ref('int_log_answers') }}, {{ ref('int_new_answers') }}
-- depends_on: {{ ref('int_source_changes') }}
-- depends_on: {{ ref('attempt_rejected') }}, so that rejected answers are stored first

with answers as (

    {% if from_scratch('attempt') %}
    select
        *,
        {{ student_uuid('user_id') }} as student_id
    from {{ ref('int_answers') }}
    where {{ is_attempt() }}
    {% else %}
    {{ answers_to_renumber(this) }}
    {% endif %}

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
        *,
        cast(row_number() over (
            partition by student_id, item_id order by completed_at, position nulls first, copy_key
        ) as integer) as attempt_no
    from distinct_answers

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
    arrived_at,
    content_key
from numbered
