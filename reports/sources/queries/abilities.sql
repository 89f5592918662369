select user_id, week_start, theta, se, n from known_ability order by user_id, week_start;
