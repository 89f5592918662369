{{ config(materialized='view') }}

with predictions as (

    select * from {{ ref('int_prediction_measures') }}

),

alerts as (

    select * from {{ ref('int_alert_measures') }}

),

forecasts as (

    select * from {{ ref('int_forecast_measures') }}

)

select
    fit,
    measured_on,
    measure,
    numerator,
    denominator
from predictions
where numerator is not null
union all
select
    'survival' as fit,
    measured_on,
    measure,
    numerator,
    denominator
from alerts
union all
select
    'forecast' as fit,
    measured_on,
    measure,
    numerator,
    denominator
from forecasts
where numerator is not null
