-- The fit's word, or that of a scoring from its stored model where that is newer.
select distinct on (user_id)
    user_id, known_run.run_as_of, probability, sigma, mean, lower, upper, target, goal_date, slope_mean, slope_sd
from (
    select
        run_id, user_id, probability, sigma, mean, lower, upper, target, goal_date, slope_mean, slope_sd
    from stg_growth__predictions
    union all
    select
        run_id, user_id, probability, sigma, mean, lower, upper, target, goal_date, slope_mean, slope_sd
    from stg_idle_growth__predictions
) as predictions
inner join known_run using (run_id)
inner join chosen using (user_id)
where mean is not null
order by user_id, known_run.run_as_of desc, fit;
