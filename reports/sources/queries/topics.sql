-- Four weeks of work in a topic, and the ability in it where an irt run tells of it.
with work as (
    select user_id, topic_id, sum(attempts)::int as attempts, sum(correct)::int as correct
    from features_topic_daily
    inner join chosen using (user_id)
    where date between %(until)s::date - 27 and %(until)s
    group by user_id, topic_id
),

abilities as (
    select user_id, topic_id, theta, se
    from stg_irt__topic_abilities
    inner join known_run using (run_id)
    inner join chosen using (user_id)
    where theta is not null and se > 0
)

select
    user_id, topic_id, coalesce(attempts, 0) as attempts, coalesce(correct, 0) as correct, theta, se
from work
full join abilities using (user_id, topic_id)
order by user_id, topic_id;
