with attempt_log as (

    select * from {{ source('app', 'attempt_log') }}

)

select
    source_id,
    {{ learner_id('user_id') }} as user_id,
    {{ learner_key('user_id') }} as learner_key,
    {{ blank_to_null('item_id') }} as item_id,
    {{ blank_to_null('topic_id') }} as topic_id,
    correct,
    completed_at,
    case when response_time_ms >= 0 then response_time_ms end as response_time_ms,
    case when hints >= 0 then hints end as hints,
    {{ blank_to_null('session_id') }} as session_id,
    loaded_at as arrived_at,
    {{ hash_columns(['user_id', 'item_id', 'topic_id', 'correct', 'completed_at', 'response_time_ms', 'hints',
                     'session_id']) }} as content_key,
    {{ row_as_json('attempt_log') }} as raw_row
from attempt_log
