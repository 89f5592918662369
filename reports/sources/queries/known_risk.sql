-- The fit's word, or that of a scoring from its stored model where that is newer; of one day the fit knows more.
create temp table known_risk on commit drop as
select distinct on (user_id)
    user_id, known_run.run_as_of, risk_score, idle_days, horizon_days, contributions
from (
    select run_id, user_id, risk_score, idle_days, horizon_days, contributions, 0 as place from stg_survival__risks
    union all
    select run_id, user_id, risk_score, idle_days, horizon_days, contributions, 1 from stg_idle_risk__risks
) as risks
inner join known_run using (run_id)
inner join chosen using (user_id)
order by user_id, known_run.run_as_of desc, place;
