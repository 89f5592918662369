{{ config(materialized='view', schema='staging', tags=['build_scope']) }}
-- depends_on: {{ ref('int_build_scope') }}

{% set columns = ['user_id', 'topic_id', 'correct', 'response_time_ms', 'hints', 'completed_at'] | join(', ') %}
{% set readable = "topic_id is not null and " ~ known_by_as_of('completed_at') %}
{% if from_scratch('features_topic_daily') %}
select
    {{ columns }},
    cast('-infinity' as date) as first_day
from {{ ref('attempt') }}
where {{ readable }}
{% else %}
{% set first_day = everyone_from('features_topic_daily') %}
with tails as (

    select
        student_id,
        min(first_day) as first_day
    from (
        select student_id, changed_from as first_day from {{ changed_learners('features_topic_daily') }} as changes
        union all
        select student_id, {{ first_day }} from {{ ref('attempt') }} where completed_at >= {{ utc_midnight(first_day) }}
    ) as reasons
    group by student_id

)

-- The 27 days before are read, not written: `improvement` looks back on them.
select
    {{ columns }},
    tails.first_day
from tails
inner join {{ ref('attempt') }} as attempts
    on tails.student_id = attempts.student_id
    and attempts.completed_at >= {{ utc_midnight('(tails.first_day - 27)') }}
where {{ readable }}
{% endif %}
