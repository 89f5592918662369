-- depends_on: {{ ref('forecast_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'forecast'

),

points as (

    select * from {{ source('forecast', 'forecast_points') }}

)

select
    points.run_id,
    runs.run_as_of,
    runs.is_newest,
    points.fitted_at,
    points.metric,
    points.scope,
    points.week_start,
    points.kind,
    points.yhat,
    points.yhat_lower,
    points.yhat_upper,
    points.method,
    points.value,
    points.anomaly_score,
    points.judgement
from points
inner join runs on points.run_id = runs.run_id
