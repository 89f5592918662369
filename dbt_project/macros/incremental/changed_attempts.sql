{# Relation (id, student_id, item_id): rows of `attempt` whose exam is read again or was deleted, or whose row of
   `attempt_log` was deleted. A row of the log never changes, because its key is a hash of it. #}
{% macro attempts_of_changed_sources(attempts) %}
    select held.id, held.student_id, held.item_id
    from {{ ref('int_source_changes') }} as changes
    inner join {{ attempts }} as held
        on {{ student_uuid('changes.user_id_before') }} = held.student_id
        and changes.key = cast(held.exam_result_id as text)
    where changes.source = 'exam_results' and changes.user_id_before is not null
    union all
    select held.id, held.student_id, held.item_id
    from (select cast(key as date) as day from {{ ref('int_source_changes') }}
        where source = 'attempt_log' and is_read_again) as changes
    inner join {{ attempts }} as held on changes.day = {{ utc_day('held.arrived_at') }}
    where held.exam_result_id is null
        and not exists (select 1 from {{ ref('int_log_answers') }} as answers where answers.id = held.id)
{% endmacro %}


{# The answers whose attempts must be numbered again: those read again, and all rows of `attempt` with the same student
   and item. The latter are taken from `attempt` itself, so no source is read twice. #}
{% macro answers_to_renumber(attempts) %}
    {% set columns = ['id', 'user_id', 'item_id', 'correct', 'response_time_ms', 'hints', 'hint_used',
                      'completed_at', 'session_id', 'topic_id', 'exam_result_id', 'position', 'arrived_at',
                      'content_key', 'student_id'] | join(', ') %}
    with fresh as (
        select
            *,
            {{ student_uuid('user_id') }} as student_id
        from {{ ref('int_new_answers') }} as answers
        where {{ is_attempt() }}
            and not exists (
                select 1 from {{ attempts }} as held
                where held.id = answers.id and held.exam_result_id is null)
    ),

    gone as (
        {{ attempts_of_changed_sources(attempts) }}
    ),

    pairs as (
        select student_id, item_id from fresh
        union
        select student_id, item_id from gone
    ),

    held as (
        select attempts.*
        from pairs
        inner join {{ attempts }} as attempts using (student_id, item_id)
    )

    select {{ columns }} from fresh
    union all
    select {{ columns }} from held
    where not exists (select 1 from gone where gone.id = held.id)
{% endmacro %}
