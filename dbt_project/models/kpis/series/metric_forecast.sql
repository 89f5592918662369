{{ config(materialized='view') }}

with points as (

    select * from {{ ref('stg_forecast__points') }} where is_newest

),

metas as (

    select * from {{ ref('stg_forecast__fit_metas') }} where is_newest

),

served_points as (

    select * from points where kind = 'forecast'

),

prophet_points as (

    select * from points where kind = 'prophet'

)

select
    served_points.metric,
    served_points.scope,
    served_points.week_start,
    served_points.run_as_of as as_of,
    served_points.yhat,
    served_points.yhat_lower,
    served_points.yhat_upper,
    served_points.method,
    metas.mase,
    metas.mase as relative_mae,
    prophet_points.yhat as prophet_yhat,
    prophet_points.yhat_lower as prophet_yhat_lower,
    prophet_points.yhat_upper as prophet_yhat_upper
from served_points
inner join metas on served_points.metric = metas.metric and served_points.scope = metas.scope
left join prophet_points
    on served_points.metric = prophet_points.metric
    and served_points.scope = prophet_points.scope
    and served_points.week_start = prophet_points.week_start
