with results as (

    select * from {{ source('app', 'exam_results') }}

)

select
    id as exam_result_id,
    {{ blank_to_null('session_id') }} as session_id,
    {{ learner_id('user_id') }} as user_id,
    org_id,
    exam_id,
    coalesce(status = 'failed', false) as is_failed,
    -- Anything that is not a list of questions is passed on as one element, so that it is rejected and counted.
    case
        when {{ json_type('result_json') }} not in ('object', 'null') then {{ json_list('result_json') }}
        when {{ json_type(json_get('result_json', 'questions')) }} not in ('array', 'null')
            then {{ json_list(json_get('result_json', 'questions')) }}
        else {{ json_get('result_json', 'questions') }}
    end as questions,
    case
        when {{ json_type('result_json') }} not in ('object', 'null') then 'result_not_an_object'
        when {{ json_type(json_get('result_json', 'questions')) }} not in ('array', 'null')
            then 'questions_not_an_array'
    end as questions_problem,
    score_raw,
    score_scaled,
    standard_error,
    percentile,
    created_at,
    updated_at,
    greatest(created_at, updated_at) as arrived_at
from results
