{# Post-hook of `attempt_rejected`, which comes before `attempt` and so knows no number of a change. #}
{% macro mark_rejected_built() %}
    insert into {{ mark_table('build_mark') }} (model, rebuilt_no, as_of, runs, code, built_at)
    values ('{{ this.name }}', 0, {{ as_of() }}, '[]', '{{ code_in_force(this.name) }}', {{ run_time() }})
    on conflict (model) do update set
        as_of = excluded.as_of, code = excluded.code, built_at = excluded.built_at
{% endmacro %}


{# Post-hook: the model has taken in all changes up to the newest, and the runs that were published when the build
   began. A build that looks back (as_of before the last one's) leaves the mark as it is, because it did not compute
   the later rows. #}
{% macro mark_built() %}
    insert into {{ mark_table('build_mark') }} as mark (model, change_no, rebuilt_no, as_of, runs, code, built_at)
    select
        '{{ this.name }}', attempts.change_no, 0, {{ as_of() }}, coalesce(scope.runs, '[]'),
        '{{ code_in_force(this.name) }}', {{ run_time() }}
    from {{ mark_table('build_mark') }} as attempts
    left join {{ ref('int_build_scope') }} as scope on scope.model = '{{ this.name }}'
    where attempts.model = 'attempt'
    on conflict (model) do update set
        change_no = excluded.change_no, as_of = excluded.as_of, runs = excluded.runs, code = excluded.code,
        built_at = excluded.built_at
    where excluded.as_of >= mark.as_of or {{ 'true' if flags.FULL_REFRESH else 'false' }}
{% endmacro %}


{# Post-hook of `attempt`: remember the sources as `int_source_changes` saw them, before the answers were read, and
   number the changes. Changes that `attempt_rejected` has not seen are left for the next build, so that a slice
   without it loses nothing. Made from scratch, everything is new to its readers, so no learner need be named. #}
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
        'attempt', 1, 1, {{ as_of() }}, '[]', '{{ code_in_force(this.name) }}', max(loaded_until), {{ run_time() }}
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

    -- Lines of the log that were read become one a day; those of a statement that is still at work are not seen yet.
    with melted as (
        delete from {{ mark_table('attempt_log_change') }} as lines
        where last_loaded_at <= {{ mark_of('attempt', 'loaded_until') }} and day in (
            select day from {{ mark_table('attempt_log_change') }} group by day having count(*) > 1)
        returning *
    )
    insert into {{ mark_table('attempt_log_change') }}
    select day, min(first_loaded_at), max(last_loaded_at), bit_xor(fingerprint) from melted group by day;

    -- What every model has taken in, and what came before a rebuild, nobody asks for any more.
    delete from {{ mark_table('learner_change') }}
    where change_no <= (
        select {{ 'max' if rebuilt else 'min' }}(change_no) from {{ mark_table('build_mark') }});

    analyze {{ mark_table('learner_change') }}
{% endmacro %}
