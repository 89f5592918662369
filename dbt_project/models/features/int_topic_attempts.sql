{{ config(materialized='ephemeral') }}
-- depends_on: {{ ref('changed_learner') }}

{% set columns = ['user_id', 'topic_id', 'correct', 'response_time_ms', 'hints', 'completed_at'] | join(', ') %}
{% set readable = "topic_id is not null and " ~ known_by_as_of('completed_at') %}
{% set scope = scope_of('features_topic_daily') %}
{% if scope.is_whole %}
select
    {{ columns }},
    {{ scope.everyone_from }} as first_day
from {{ ref('attempt') }}
where {{ readable }}
{% else %}
with learners_to_compute as (

    select
        student_id,
        min(first_day) as first_day
    from (
        select student_id, from_day as first_day from {{ changed_learners('features_topic_daily') }} as changed
        union all
        select student_id, {{ scope.everyone_from }} from {{ ref('attempt') }}
        where completed_at >= {{ utc_midnight(scope.everyone_from) }}
    ) as reasons
    group by student_id

)

-- The 27 days before are read but not written, because `improvement` looks back on them.
select
    {{ columns }},
    learners_to_compute.first_day
from learners_to_compute
inner join {{ ref('attempt').render() }} as attempts
    on learners_to_compute.student_id = attempts.student_id
    and attempts.completed_at >= {{ utc_midnight('(learners_to_compute.first_day - 27)') }}
where {{ readable }}
{% endif %}
