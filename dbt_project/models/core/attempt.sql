{{ config(
    materialized='incremental',
    incremental_strategy='exact',
    unique_key=['id'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['student_id', 'completed_at']},
             {'columns': ['completed_at']}],
    post_hook='{{ mark_attempt_built() }}',
    meta={'notes_learners': true}
) }}

-- depends_on: {{ ref('int_answers') }}, {{ ref('int_log_answers') }}, {{ ref('int_new_answers') }}
-- depends_on: {{ ref('int_source_changes') }}
-- depends_on: {{ ref('attempt_rejected') }}, because answers that are no attempt are put aside first

with answers as (

    {% if from_scratch('attempt') %}
    select
        answers.*,
        students.student_id
    from {{ ref('int_answers') }} as answers
    inner join {{ ref('stg_app__students') }} as students on answers.user_id = students.user_id
    where not answers.is_failed and answers.reason_code is null
    {% else %}
    {{ answers_to_number_anew(this) }}
    {% endif %}

),

ordered as (

    -- Exact duplicates of the log are neighbours in the very order that numbers the attempts: one sort.
    select
        *,
        coalesce(content_key = lag(content_key) over in_order, false) as is_duplicate
    from answers
    window in_order as (
        partition by student_id, item_id order by completed_at, position nulls first, content_key, id
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
    arrived_at,
    content_key
from numbered
