{{ config(materialized='view') }}

with anomalies as (

    select * from {{ ref('stg_forecast__anomalies') }} where is_newest

)

select
    metric,
    scope,
    week_start,
    run_as_of as as_of,
    value,
    expected,
    expected_lower,
    expected_upper,
    anomaly_score,
    judgement,
    method,
    detected_at,
    {{ metric_text('value') }}
    || case when value > expected then ' is more than ' else ' is less than ' end
    || {{ metric_text('expected') }} || ' expected'
    || coalesce(' (' || {{ metric_text('expected_lower') }} || ' to ' || {{ metric_text('expected_upper') }} || ')', '')
    || case when judgement = 'level_shift' then '; the level has moved' else '' end as reading
from anomalies
