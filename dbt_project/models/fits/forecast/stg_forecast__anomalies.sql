-- depends_on: {{ ref('forecast_input') }}
{{ config(materialized='view') }}

{{ landed('forecast', 'prophet_anomalies', [
    'week_start', 'metric', 'scope', 'value', 'expected', 'anomaly_score', 'detected_at', 'expected_lower',
    'expected_upper', 'method', 'judgement'
]) }}
