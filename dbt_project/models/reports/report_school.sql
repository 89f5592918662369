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

closed as (

    select * from {{ ref('int_closed_days') }}

),

-- Of consecutive closed days, the day less its place is the same.
closures as (

    select
        min(day) as from_day,
        max(day) as to_day
    from (select day, day - cast(row_number() over (order by day) as integer) as run_of_days from closed) as days
    group by run_of_days

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
    coalesce(banks.fitted_at = bank.fitted_at, false) as is_bank_current,
    closures.to_day as closed_until
from weeks
cross join bank
left join banks on weeks.report_week = banks.report_week
left join spreads on weeks.report_week = spreads.report_week
left join closures on weeks.as_of between closures.from_day and closures.to_day
