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

metas as (

    select * from {{ ref('stg_irt__fit_metas') }}

),

spreads as (

    select
        runs.report_week,
        {{ irt_topic_spread('metas.metrics') }} as topic_spread
    from runs
    inner join metas on runs.run_id = metas.run_id

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
