-- Items that may be asked, with the topic most answers name.
with topics as (
    select distinct on (item_id) item_id, topic_id
    from attempt
    where topic_id is not null and completed_at < (%(until)s::date + 1)::timestamp at time zone 'UTC'
    group by item_id, topic_id
    order by item_id, count(*) desc, topic_id
)

select
    items.item_id, coalesce(questions.topic_id, topics.topic_id) as topic_id, questions.content,
    (params ->> 'a')::float8 as a, (params ->> 'b')::float8 as b, coalesce((params ->> 'c')::float8, 0) as c
from stg_irt__items as items
inner join known_run using (run_id)
left join topics using (item_id)
left join stg_app__questions as questions using (item_id)
where status = 'operational'
order by items.item_id;
