select user_id, run_as_of, risk_score, idle_days, horizon_days, contributions from known_risk order by user_id;
