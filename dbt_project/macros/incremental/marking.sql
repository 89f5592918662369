{# Post-hook of `attempt_rejected`, which is built before `attempt` and so has no change number yet. #}
{% macro mark_rejected_built() %}
    insert into {{ mark_table('build_mark') }} (model, rebuilt_no, as_of, runs, code, built_at)
    values ('{{ this.name }}', 0, {{ as_of() }}, '[]', '{{ code_hash(this.name) }}', {{ run_time() }})
    on conflict (model) do update set
        as_of = excluded.as_of, code = excluded.code, built_at = excluded.built_at
{% endmacro %}


{# Post-hook: record that the model has processed all changes up to the newest, and the runs that were published when
   the build began. A build for an earlier as_of than the last one leaves the mark as it is, because it did not compute
   the later rows. #}
{% macro mark_built() %}
    insert into {{ mark_table('build_mark') }} as mark (model, change_no, rebuilt_no, as_of, runs, code, built_at)
    select
        '{{ this.name }}', attempts.change_no, 0, {{ as_of() }}, coalesce(scope.runs, '[]'),
        '{{ code_hash(this.name) }}', {{ run_time() }}
    from {{ mark_table('build_mark') }} as attempts
    left join {{ ref('int_build_scope') }} as scope on scope.model = '{{ this.name }}'
    where attempts.model = 'attempt'
    on conflict (model) do update set
        change_no = excluded.change_no, as_of = excluded.as_of, runs = excluded.runs, code = excluded.code,
        built_at = excluded.built_at
    where excluded.as_of >= mark.as_of or {{ 'true' if flags.FULL_REFRESH else 'false' }}
{% endmacro %}


{# Post-hook of `attempt`: store the state of the sources as in `int_source_changes`, which was taken before the
   answers were read, and number the changes. Changes that `attempt_rejected` has not processed are left for the next
   build, so that a slice without it loses nothing. After a build from scratch everything downstream is computed again,
   so no learner is recorded. #}
{% macro mark_attempt_built() %}
    {% set changes = "(select * from " ~ ref('int_source_changes') ~ " where noted_at <= "
        ~ mark_of('attempt_rejected', 'built_at') ~ ")" %}
    {% set rebuilt = from_scratch('attempt') %}
    delete from {{ mark_table('source_seen') }} as seen
    using {{ changes }} as changes
    where seen.source = changes.source and seen.key = changes.key;

    insert into {{ mark_table('source_seen') }} (source, key, user_id, changed_from, fingerprint)
    select source, key, user_id, day, fingerprint from {{ changes }} where fingerprint is not null;

    insert into {{ mark_table('build_mark') }} as mark
        (model, change_no, rebuilt_no, as_of, runs, code, loaded_until, built_at)
    select
        'attempt', 1, 1, {{ as_of() }}, '[]', '{{ code_hash(this.name) }}', max(loaded_until), {{ run_time() }}
    from {{ changes }}
    on conflict (model) do update set
        {% if rebuilt %}
        change_no = mark.change_no + 1,
        rebuilt_no = mark.change_no + 1,
        {% else %}
        change_no = greatest(
            mark.change_no, (select max(change_no) from {{ mark_table('learner_change') }})),
        {% endif %}
        as_of = excluded.as_of, code = excluded.code, built_at = excluded.built_at,
        loaded_until = greatest(mark.loaded_until, excluded.loaded_until);

    -- Rows of the change log that were read are merged into one per day. Rows of a statement that is still running are
    -- not visible yet.
    with read_lines as (
        delete from {{ mark_table('attempt_log_change') }} as lines
        where last_loaded_at <= {{ mark_of('attempt', 'loaded_until') }} and day in (
            select day from {{ mark_table('attempt_log_change') }} group by day having count(*) > 1)
        returning *
    )
    insert into {{ mark_table('attempt_log_change') }}
    select day, min(first_loaded_at), max(last_loaded_at), bit_xor(fingerprint) from read_lines group by day;

    -- Changes that every model has processed, and changes before a build from scratch, are not needed any more.
    delete from {{ mark_table('learner_change') }}
    where change_no <= (
        select {{ 'max' if rebuilt else 'min' }}(change_no) from {{ mark_table('build_mark') }});

    analyze {{ mark_table('learner_change') }}
{% endmacro %}
