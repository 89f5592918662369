select user_id, theta, se
from stg_irt__abilities
inner join known_run using (run_id)
inner join chosen using (user_id)
where theta is not null and se > 0
order by user_id;
