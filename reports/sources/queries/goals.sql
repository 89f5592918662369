select user_id, topic_id, target_level::float8 as target_level, target_date, priority
from stg_app__interest_goals
inner join chosen using (user_id)
where target_level is not null and coalesce(priority, 1) > 0
    and created_at < (%(until)s::date + 1)::timestamp at time zone 'UTC'
order by user_id, priority desc nulls last, topic_id;
