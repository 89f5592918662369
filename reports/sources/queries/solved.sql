-- What was answered right in the last eight weeks is not asked again.
select user_id, array_agg(distinct item_id) as items
from attempt
inner join chosen using (user_id)
where correct
    and completed_at >= (%(until)s::date - 55)::timestamp at time zone 'UTC'
    and completed_at < (%(until)s::date + 1)::timestamp at time zone 'UTC'
group by user_id
order by user_id;
