{# Before `attempt` writes its changes: who they touch and from which day on. That is where the rows in scope and
   the rows of `fresh` differ, and where a session's times or a learner's goals did. #}
{% macro note_learner_changes(relation, fresh, columns, scope) %}
    {% set rows = columns | join(', ') %}
    {% set changes = ref('int_source_changes') %}
    insert into {{ mark_table('learner_change') }} (change_no, user_id, student_id, changed_from)
    with held as (
        {%- for predicate in scope %}
        select {{ rows }} from {{ relation }} as DBT_INTERNAL_DEST where {{ predicate }}
        {{ 'union' if not loop.last }}
        {%- endfor %}
    ),
    fresh as (select {{ rows }} from {{ fresh }}),
    differing as ((select * from held except select * from fresh) union all (select * from fresh except select * from held)),
    touched as (
        select user_id, student_id, {{ utc_day('completed_at') }} as changed_from from differing
        union all
        select attempts.user_id, attempts.student_id, {{ utc_day('attempts.completed_at') }}
        from {{ relation }} as attempts
        inner join {{ changes }} as changes on changes.source = 'session' and attempts.session_id = changes.key
        union all
        select key, {{ student_uuid('key') }}, changed_from from {{ changes }} where source = 'interest_goal'
    )
    select {{ mark_of('attempt', 'change_no') }} + 1, user_id, student_id, min(changed_from)
    from touched
    group by user_id, student_id;
{% endmacro %}
