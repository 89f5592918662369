-- The spread of topics: the variance seen, less what errors alone would bring (moments weighted by precision, as
-- DerSimonian and Laird, 1986).
with weeks as (

    select * from {{ ref('report_week') }}

),

runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

bank as (

    select max(fitted_at) as fitted_at from {{ ref('item_bank') }}

),

items as (

    select * from {{ ref('stg_irt__items') }}

),

abilities as (

    select * from {{ ref('stg_irt__abilities') }} where theta is not null

),

topic_abilities as (

    select
        *,
        1 / power(se, 4) as weight
    from {{ ref('stg_irt__topic_abilities') }}
    where theta is not null and se > 0

),

spreads as (

    select
        runs.report_week,
        greatest(
            0,
            sum(topics.weight * (power(topics.theta - abilities.theta, 2) - power(topics.se, 2)))
            / nullif(sum(topics.weight), 0)
        ) as topic_spread
    from runs
    inner join topic_abilities as topics on runs.run_id = topics.run_id
    inner join abilities on topics.run_id = abilities.run_id and topics.user_id = abilities.user_id
    group by runs.report_week

),

banks as (

    select
        runs.report_week,
        max(items.fitted_at) as fitted_at
    from runs
    inner join items on runs.run_id = items.run_id
    group by runs.report_week

)

select
    weeks.report_week,
    weeks.as_of,
    coalesce(spreads.topic_spread, 0) as topic_spread,
    coalesce(banks.fitted_at = bank.fitted_at, false) as is_bank_current
from weeks
cross join bank
left join banks on weeks.report_week = banks.report_week
left join spreads on weeks.report_week = spreads.report_week
