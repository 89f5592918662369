{{ config(materialized='view', schema='staging') }}

with answers as (

    select * from {{ ref('stg_app__attempt_log') }}

)

select
    'attempt_log' as source, source_id as source_key, cast(null as uuid) as exam_result_id,
    cast(null as integer) as position,
    {{ hash_text('source_id') }} as id,
    content_key,
    user_id, item_id, correct, response_time_ms, hints, hints > 0 as hint_used, completed_at, session_id, topic_id,
    arrived_at, false as is_failed, raw_row as raw_element,
    {{ attempt_problem() }} as reason_code, learner_key
from answers
