-- depends_on: {{ ref('forecast_input') }}
{{ config(materialized='view') }}

{{ landed('forecast', 'forecast_points', [
    'metric', 'scope', 'week_start', 'kind', 'yhat', 'yhat_lower', 'yhat_upper', 'method', 'value', 'anomaly_score',
    'judgement'
]) }}
