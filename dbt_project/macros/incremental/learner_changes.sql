{# Delete rows of `attempt` whose source was deleted, and record which learners the change affects, from which day on,
   and whether it only adds answers: rows downstream may be deleted only if it does not. A learner is affected if rows
   of theirs were deleted, differ or are new, or if the times of a session or their goals changed. #}
{% macro delete_and_record_learners(relation, fresh, differing, keys, removable) %}
    {% set changes = ref('int_source_changes') %}
    with {% for predicate in removable -%}
    gone_{{ loop.index }} as (
        {{ delete_gone(relation, fresh, keys, predicate) }}
        returning user_id, student_id, completed_at
    ),
    {% endfor -%}
    touched as (
        {% for predicate in removable -%}
        select user_id, student_id, {{ utc_day('completed_at') }} as changed_from, false as is_addition
        from gone_{{ loop.index }}
        union all
        {% endfor -%}
        select held.user_id, held.student_id, {{ utc_day('held.completed_at') }}, false
        from {{ differing }} as differing
        inner join {{ relation }} as held using ({{ keys | join(', ') }})
        union all
        select user_id, student_id, {{ utc_day('completed_at') }}, is_new from {{ differing }}
        union all
        select attempts.user_id, attempts.student_id, {{ utc_day('attempts.completed_at') }}, false
        from {{ relation }} as attempts
        inner join {{ changes }} as changes on changes.source = 'session' and attempts.session_id = changes.key
        union all
        select key, {{ student_uuid('key') }}, changed_from, true from {{ changes }} where source = 'interest_goal'
    )
    insert into {{ mark_table('learner_change') }} (change_no, user_id, student_id, changed_from, is_addition)
    select {{ mark_of('attempt', 'change_no') }} + 1, user_id, student_id, min(changed_from), bool_and(is_addition)
    from touched
    group by user_id, student_id;
{% endmacro %}
