-- Improvement of all learners: each week beside what was expected before it, then the weeks to come.
select
    week_start, value, yhat as expected, yhat_lower as lower, yhat_upper as upper,
    coalesce(judgement = 'anomaly', false) as is_unusual
from stg_forecast__points
inner join known_run using (run_id)
where metric = 'I_t' and scope = 'all' and kind in ('one_step', 'forecast')
    and week_start > %(week)s::date - 84
order by week_start;
