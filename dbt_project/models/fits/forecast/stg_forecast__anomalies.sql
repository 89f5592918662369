-- depends_on: {{ ref('forecast_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'forecast'

),

anomalies as (

    select * from {{ source('forecast', 'prophet_anomalies') }}

)

select
    anomalies.run_id,
    runs.run_as_of,
    runs.is_newest,
    anomalies.fitted_at,
    anomalies.week_start,
    anomalies.metric,
    anomalies.scope,
    anomalies.value,
    anomalies.expected,
    anomalies.anomaly_score,
    anomalies.detected_at,
    anomalies.expected_lower,
    anomalies.expected_upper,
    anomalies.method,
    anomalies.judgement
from anomalies
inner join runs on anomalies.run_id = runs.run_id
