-- Ability over two weeks, this and the last: estimates freed of their prior (docs/adr/0009), whose precisions add. Weeks
-- that say less of a learner than is known of anybody are left out.
create temp table known_ability on commit drop as
with priors as (
    select run_id, (metrics #>> '{group,mean}')::float8 as mean, (metrics #>> '{group,sd}')::float8 as sd
    from stg_irt__fit_metas
    inner join known_run using (run_id)
),

freed as (
    select
        user_id,
        week_start,
        n,
        coalesce(1 / power(sd, 2), 0) as of_anybody,
        theta_eap / power(se_eap, 2) - coalesce(mean / power(sd, 2), 0) as weighted,
        1 / power(se_eap, 2) - coalesce(1 / power(sd, 2), 0) as precision
    from stg_irt__weekly_abilities
    inner join priors using (run_id)
    inner join chosen using (user_id)
    where week_start between %(week)s::date - 84 and %(week)s and se_eap > 0
),

windows as (
    select
        user_id,
        week_start,
        of_anybody,
        sum(weighted) over two_weeks as weighted,
        sum(precision) over two_weeks as precision,
        sum(n) over two_weeks as n
    from freed
    where precision > 0
    window two_weeks as (
        partition by user_id order by week_start range between interval '7 days' preceding and current row)
)

select user_id, week_start, weighted / precision as theta, 1 / sqrt(precision) as se, n::int as n
from windows
where week_start > %(week)s::date - 84 and precision >= of_anybody;
