-- What it finds: a learner with a second alert before the answer that ends the episode of the first.
-- When it matters: always; people would contact the learner twice about one absence.
-- How to resolve: compare the days of the alerts with the learner's days in int_learner_daily; crossings before the
--     same next answer must be one episode.
with alerts as (

    select
        *,
        lead(first_alerted_on) over (partition by user_id order by first_alerted_on) as next_alerted_on
    from {{ ref('churn_alert') }}

)

select *
from alerts
where next_alerted_on is not null and (resolved_on is null or next_alerted_on < resolved_on)
