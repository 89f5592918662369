with results as (

    select * from {{ ref('stg_app__exam_results') }}

),

sessions as (

    select * from {{ ref('stg_app__sessions') }}

),

elements as (

    select
        results.exam_result_id,
        results.user_id,
        results.session_id,
        results.is_failed,
        results.arrived_at,
        results.questions_problem,
        coalesce(sessions.ended_at, results.created_at) as completed_at,
        questions.element,
        case when results.questions_problem is null then cast(questions.place as integer) else 0 end
            as position
    from results
    left join sessions on results.session_id = sessions.session_id
    cross join lateral {{ json_elements('results.questions') }} as questions (element, place)

),

fields as (

    select
        *,
        {{ json_type(json_get('element', 'question_id')) }} as item_type,
        {{ blank_to_null(json_text('element', 'question_id')) }} as item_id,
        {{ blank_to_null(json_text('element', 'is_correct')) }} as is_correct,
        {{ blank_to_null(json_text('element', 'correct')) }} as was_correct,
        {{ safe_numeric(json_text('element', 'time_spent_sec')) }} as time_spent_sec,
        {{ json_text('element', 'used_hints') }} as used_hints,
        {{ blank_to_null(json_text('element', 'topic')) }} as topic_id
    from elements
    {{ compute_once() }}

),

typed as (

    select
        *,
        coalesce({{ safe_boolean('is_correct') }}, {{ safe_boolean('was_correct') }}) as correct,
        coalesce(is_correct, was_correct) is not null as has_correct,
        {{ safe_int('used_hints') }} as hints_given
    from fields

)

select
    exam_result_id, position, user_id, session_id, is_failed, completed_at, arrived_at, element,
    case when item_type in ('string', 'number') then item_id end as item_id,
    correct,
    {{ seconds_to_ms('time_spent_sec') }} as response_time_ms,
    case when hints_given >= 0 then hints_given end as hints,
    case when hints_given >= 0 then hints_given > 0 when used_hints = 'true' then true end as hint_used,
    topic_id,
    case
        when questions_problem is not null then questions_problem
        when {{ json_type('element') }} <> 'object' then 'not_an_object'
        when item_id is not null and item_type not in ('string', 'number') then 'unreadable_item'
        when has_correct and correct is null then 'unreadable_correct'
    end as element_problem
from typed
