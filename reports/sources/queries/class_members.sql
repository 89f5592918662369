-- The learners of each class in the week: what their reports rest on, side by side.
select
    classroom_id, user_id, i_t, p, s, s_source, levels.theta, levels.se,
    changes.change, changes.change_se,
    risks.contributions, days.answers, days.correct, days.last_active, goals.target_date
from member
inner join chosen using (user_id)
inner join weekly_kpi_flat as kpis using (user_id)
left join (
    select user_id, theta, se from stg_irt__abilities inner join known_run using (run_id)
    where theta is not null and se > 0
) as levels using (user_id)
left join (
    select now.user_id, now.theta - before.theta as change, sqrt(power(now.se, 2) + power(before.se, 2)) as change_se
    from known_ability as now
    inner join known_ability as before on now.user_id = before.user_id and before.week_start = now.week_start - 14
    where now.week_start = %(week)s
) as changes using (user_id)
left join known_risk as risks using (user_id)
left join (
    select
        user_id,
        (sum(attempts) filter (where active_on >= %(week)s))::int as answers,
        (sum(correct) filter (where active_on >= %(week)s))::int as correct,
        max(active_on) as last_active
    from learner_daily where active_on <= %(until)s group by user_id
) as days using (user_id)
left join (
    select user_id, min(coalesce(target_date, %(until)s::date + 28)) as target_date
    from stg_app__interest_goals
    where target_level is not null and created_at < (%(until)s::date + 1)::timestamp at time zone 'UTC'
    group by user_id
) as goals using (user_id)
where kpis.week_start = %(week)s
order by classroom_id, user_id;
