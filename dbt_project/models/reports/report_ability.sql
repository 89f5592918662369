-- Estimates of single weeks are freed of their prior, so that precisions add; over two weeks it comes back, once.
with runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

metas as (

    select * from {{ ref('stg_irt__fit_metas') }}

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}

),

-- Materialized, so that the large `metrics` is unpacked once per run and not once per estimate.
priors as materialized (

    select
        run_id,
        {{ irt_prior('metrics', 'mean') }} as mean,
        {{ irt_prior('metrics', 'sd') }} as sd
    from metas

),

freed as (

    select
        runs.report_week,
        abilities.user_id,
        abilities.week_start,
        abilities.n,
        priors.mean as prior_mean,
        priors.sd as prior_sd,
        {{ freed_weighted_value('abilities.theta_eap', 'abilities.se_eap', 'priors.mean', 'priors.sd') }} as weighted,
        {{ freed_precision('abilities.se_eap', 'priors.sd') }} as precision
    from runs
    inner join abilities
        on runs.run_id = abilities.run_id
        and abilities.week_start between runs.report_week - 84 and runs.report_week
    inner join priors on runs.run_id = priors.run_id

),

windows as (

    select
        report_week,
        user_id,
        week_start,
        prior_mean,
        prior_sd,
        sum(weighted) over two_weeks as weighted,
        sum(precision) over two_weeks as precision,
        sum(n) over two_weeks as n
    from freed
    where precision > 0
    window two_weeks as (
        partition by report_week, user_id order by {{ day_number('week_start') }} range between 7 preceding and current row
    )

)

select
    report_week,
    user_id,
    week_start,
    (weighted + prior_mean / power(prior_sd, 2)) / (precision + 1 / power(prior_sd, 2)) as theta,
    1 / sqrt(precision + 1 / power(prior_sd, 2)) as se,
    weighted / precision as theta_freed,
    1 / sqrt(precision) as se_freed,
    cast(n as integer) as n
from windows
where week_start > report_week - 84 and {{ is_level_known('1 / sqrt(precision + 1 / power(prior_sd, 2))', 'prior_sd') }}
