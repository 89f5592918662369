{# The application's rows that answers, times of sessions and targets come from: whose they are, from which day on they
   count, and a hash of what is read of them. #}
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
    union all
    select
        'interest_goal', {{ learner_id('user_id') }}, {{ learner_id('user_id') }},
        min({{ utc_day("coalesce(created_at, '-infinity')") }}),
        bit_xor({{ hash_columns(['topic_id', 'target_level', 'target_date', 'priority', 'created_at']) }})
    from {{ control_table('interest_goal') }}
    where {{ learner_id('user_id') }} is not null
    group by {{ learner_id('user_id') }}
{% endmacro %}


{# The UTC day of an answer; the end of time if it has none that can be used. It is rejected then, so its change touches
   no day on which the learner has attempts. #}
{% macro answer_day(x) %}
    {{- return("case when " ~ is_finite(x) ~ " then " ~ utc_day(x) ~ " else cast('infinity' as date) end") -}}
{% endmacro %}
