{# What happened to the sources since the last build, as one numbered change: which learners it touches, and from which
   day on. Triggers note each statement on `attempt_log`. The application's tables are not ours, so their rows are
   compared with those that were seen last. Runs in one transaction: a note is either taken in or still there.
   `chosen`: the unique ids of what the invocation builds. #}
{% macro take_in_changes(chosen) %}
    {% set goal_snapshot = 'snapshot.' ~ project_name ~ '.' ~ goal_history().identifier %}
    create temporary table source_difference on commit drop as
    with state as ({{ source_state() }})
    select
        source,
        key,
        state.user_id,
        state.day,
        state.fingerprint,
        seen.user_id as user_id_before,
        seen.day as day_before,
        seen.fingerprint as fingerprint_before
    from state
    full join {{ control_table('source_seen') }} as seen using (source, key)
    where state.fingerprint is distinct from seen.fingerprint;

    with logged as (
        delete from {{ control_table('attempt_log_change') }} returning user_id, from_day
    ),

    touched as (
        select user_id, from_day from logged
        union all
        select user_id, day from source_difference where fingerprint is not null and user_id is not null
        union all
        select user_id_before, day_before from source_difference where user_id_before is not null
        union all
        -- The times of a session count for the answers that name it.
        select coalesce(answers.user_id, ''), {{ answer_day('answers.completed_at') }}
        from source_difference as changed
        inner join {{ control_table('attempt_log') }} as answers on changed.key = answers.session_id
        where changed.source = 'session'
        {%- if goal_snapshot in chosen %}
        union all
        {{ goals_unlike_their_history(graph.nodes[goal_snapshot]) }}
        {%- endif %}
    ),

    learners as (
        select case when user_id is not null then coalesce({{ learner_id('user_id') }}, '') end as user_id, from_day
        from touched
    )

    insert into {{ control_table('learner_change') }} (change_no, user_id, student_id, from_day)
    select {{ newest_change() + 1 }}, user_id, {{ student_uuid('user_id') }}, min(from_day)
    from learners
    group by user_id;

    delete from {{ control_table('source_seen') }} as seen
    using source_difference as changed
    where changed.source = seen.source and changed.key = seen.key;

    insert into {{ control_table('source_seen') }} (source, key, user_id, day, fingerprint)
    select source, key, user_id, day, fingerprint from source_difference where fingerprint is not null;

    -- A schema that nobody has built for five weeks is not waited for; it is built from scratch then. Nor is a model
    -- that the project does not have any more.
    delete from {{ control_table('build_mark') }}
    where schema_name in (
            select schema_name from {{ control_table('build_mark') }}
            group by schema_name having max(built_at) < now() - interval '35 days')
        or (schema_name = '{{ target.schema }}'
            and model not in ('{{ graph.nodes.values() | map(attribute='name') | join("', '") }}'));

    delete from {{ control_table('learner_change') }}
    where change_no <= (select min(change_no) from {{ control_table('build_mark') }});

    analyze {{ control_table('learner_change') }};
    commit
{% endmacro %}
