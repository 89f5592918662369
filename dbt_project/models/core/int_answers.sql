{{ config(materialized='view', schema='staging') }}

with exam_answers as (

    select * from {{ ref('stg_app__exam_answers') }}

),

attempt_log as (

    select * from {{ ref('stg_app__attempt_log') }}

),

answers as (

    select
        'exam_results' as source, cast(exam_result_id as text) as source_key, exam_result_id, position,
        {{ hash_text("cast(exam_result_id as text) || ':' || cast(position as text)") }} as id,
        cast(null as bigint) as content_key,
        user_id, item_id, correct, response_time_ms, hints, hint_used, completed_at, session_id, topic_id,
        arrived_at, is_failed, element_problem, element as raw_element
    from exam_answers

    union all

    select
        'attempt_log' as source, source_id as source_key, null as exam_result_id, null as position,
        {{ hash_text('source_id') }} as id,
        content_key,
        user_id, item_id, correct, response_time_ms, hints, hints > 0 as hint_used, completed_at, session_id,
        topic_id, arrived_at, false as is_failed, null as element_problem, raw_row as raw_element
    from attempt_log

)

select
    *,
    case
        when is_failed then null
        when element_problem is not null then element_problem
        when user_id is null then 'missing_user'
        when item_id is null then 'missing_item'
        when correct is null then 'missing_correct'
        when completed_at is null then 'missing_completed_at'
        when not {{ is_finite('completed_at') }} then 'unreadable_completed_at'
        when completed_at > arrived_at + interval '1 day' then 'completed_in_future'
    end as reason_code
from answers
