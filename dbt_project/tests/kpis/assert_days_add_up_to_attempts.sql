-- What it finds: a difference between the answers in `attempt` and those in int_learner_daily.
-- When it matters: always; the KPIs read int_learner_daily, so an answer lost there is missing in all of them.
-- How to resolve: compare both by learner; int_learner_sessions is the only step between them.
with attempts as (

    select
        count(*) as n_attempts,
        count(*) filter (where correct) as n_correct
    from {{ ref('attempt') }}
    where {{ is_changed('int_learner_daily', 'student_id') }} and completed_at >= {{ utc_midnight(first_changed_day('int_learner_daily')) }}

),

days as (

    select
        coalesce(sum(attempts), 0) as n_attempts,
        coalesce(sum(correct), 0) as n_correct
    from {{ ref('int_learner_daily') }}
    where {{ is_changed('int_learner_daily', 'user_id') }} and active_on >= {{ first_changed_day('int_learner_daily') }}

)

select
    attempts.n_attempts,
    days.n_attempts as n_in_days
from attempts
cross join days
where attempts.n_attempts <> days.n_attempts or attempts.n_correct <> days.n_correct
-- depends_on: {{ ref('changed_learner') }}
