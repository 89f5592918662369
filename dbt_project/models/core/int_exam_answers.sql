{{ config(materialized='view', schema='staging') }}

with answers as (

    select * from {{ ref('stg_app__exam_answers') }}

)

select
    'exam_results' as source, cast(exam_result_id as text) as source_key, exam_result_id, position,
    {{ hash_text("cast(exam_result_id as text) || ':' || cast(position as text)") }} as id,
    cast(null as bigint) as content_key,
    user_id, item_id, correct, response_time_ms, hints, hint_used, completed_at, session_id, topic_id,
    arrived_at, is_failed, element as raw_element,
    case when not is_failed then coalesce(element_problem, {{ attempt_problem() }}) end as reason_code,
    {{ learner_key('user_id') }} as learner_key
from answers
