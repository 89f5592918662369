select user_id, active_on, attempts, correct, session_seconds
from learner_daily
inner join chosen using (user_id)
where active_on between %(until)s::date - 83 and %(until)s
order by user_id, active_on;
