-- What it finds: a difference between the answers with a topic in `attempt` up to as_of and those in the features.
-- When it matters: always; answers without a topic are left out on purpose, all others must be counted once.
-- How to resolve: compare both by topic and day; the day must be the UTC day of completed_at.
with attempts as (

    select count(*) as n_attempts
    from {{ ref('attempt') }}
    where topic_id is not null and {{ known_by_as_of('completed_at') }} and {{ is_changed('features_topic_daily', 'student_id') }}
        and completed_at >= {{ utc_midnight(first_changed_day('features_topic_daily')) }}

),

features as (

    select coalesce(sum(attempts), 0) as n_attempts
    from {{ ref('features_topic_daily') }}
    where date <= {{ as_of() }} and {{ is_changed('features_topic_daily', 'user_id') }} and date >= {{ first_changed_day('features_topic_daily') }}

)

select
    attempts.n_attempts,
    features.n_attempts as n_in_features
from attempts
cross join features
where attempts.n_attempts <> features.n_attempts
-- depends_on: {{ ref('changed_learner') }}
