{{ config(materialized='view') }}

with points as (

    select * from {{ ref('stg_forecast__points') }} where is_newest

),

metas as (

    select * from {{ ref('stg_forecast__fit_metas') }} where is_newest

),

served as (

    select * from points where kind = 'forecast'

),

prophets as (

    select * from points where kind = 'prophet'

)

select
    served.metric,
    served.scope,
    served.week_start,
    served.run_as_of as as_of,
    served.yhat,
    served.yhat_lower,
    served.yhat_upper,
    served.method,
    metas.mase,
    prophets.yhat as prophet_yhat,
    prophets.yhat_lower as prophet_yhat_lower,
    prophets.yhat_upper as prophet_yhat_upper
from served
inner join metas on served.metric = metas.metric and served.scope = metas.scope
left join prophets
    on served.metric = prophets.metric and served.scope = prophets.scope and served.week_start = prophets.week_start
