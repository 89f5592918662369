{# What answers, times of sessions and targets come from: whose it is, from which day on it counts, and a hash of what is
   read of it. Of goals it is the history, by learner and day: a version matters on the day on which it begins to count,
   and on the day on which it ends. #}
{% macro source_state() %}
    select
        'exam_results' as source,
        cast(exams.id as text) as key,
        coalesce({{ learner_id('exams.user_id') }}, '') as user_id,
        {{ answer_day('coalesce(sessions.ended_at, exams.created_at)') }} as day,
        {{ hash_columns(['exams.user_id', 'exams.session_id', 'exams.status', 'exams.created_at', 'exams.updated_at',
                         'sessions.started_at', 'sessions.ended_at']) }} as fingerprint
    from {{ control_table('exam_results') }} as exams
    left join {{ control_table('session') }} as sessions on {{ blank_to_null('exams.session_id') }} = sessions.id
    union all
    select 'session', id, null, null, {{ hash_columns(['started_at', 'ended_at']) }}
    from {{ control_table('session') }}
    {%- if load_relation(goal_history()) is not none %}
    union all
    select 'interest_goal', user_id || ' ' || day, user_id, day, bit_xor(fingerprint)
    from ({{ goal_events() }}) as events
    group by user_id, day
    {%- endif %}
{% endmacro %}


{# The UTC day of an answer; the end of time if it has none that can be used. It is rejected then, so its change touches
   no day on which the learner has attempts. #}
{% macro answer_day(x) %}
    {{- return("case when " ~ is_finite(x) ~ " then " ~ utc_day(x) ~ " else cast('infinity' as date) end") -}}
{% endmacro %}


{# Relation: the snapshot of goals, in the schema of the sources. #}
{% macro goal_history() %}{{ return(control_table('interest_goal_history')) }}{% endmacro %}


{# Query: the days on which versions of goals begin to count, and on which they end. #}
{% macro goal_events() %}
    select user_id, {{ utc_day('happened_at') }} as day, fingerprint
    from ({{ goal_versions(goal_history()) }}) as versions
    cross join lateral (
        values
        (known_from, {{ hash_columns(['topic_id', 'known_from', 'target_level', 'target_date', 'priority']) }}),
        (known_until, {{ hash_columns(['topic_id', 'known_until']) }})
    ) as events (happened_at, fingerprint)
    where happened_at < 'infinity'
{% endmacro %}


{# Query (user_id, day): the goals of which the snapshot of this invocation will add or end a version, and the day from
   which that counts. A goal that is edited between now and then is found in the history by the next build. #}
{% macro goals_unlike_their_history(snapshot) %}
    {% set is_first = load_relation(goal_history()) is none %}
    {% set checked = snapshot.config.check_cols %}
    select
        coalesce({{ learner_id('coalesce(goals.user_id, held.user_id)') }}, ''),
        {{ utc_day("case when held.user_id is null then coalesce(goals.created_at, '-infinity') else "
                   ~ snapshot_get_time() ~ " end") }}
    from {{ control_table('interest_goal') }} as goals
    full join (
        select user_id, topic_id, {{ checked | join(', ') }}
        from {{ control_table('interest_goal') if is_first else goal_history() }}
        where {{ 'false' if is_first else 'dbt_valid_to is null' }}
    ) as held on goals.user_id = held.user_id and goals.topic_id = held.topic_id
    where goals.user_id is null or held.user_id is null
        or (goals.{{ checked | join(', goals.') }}) is distinct from (held.{{ checked | join(', held.') }})
{% endmacro %}
