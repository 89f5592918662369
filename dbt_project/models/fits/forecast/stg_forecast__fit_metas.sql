-- depends_on: {{ ref('forecast_input') }}
{{ config(materialized='view') }}

{{ landed('forecast', 'prophet_fit_meta', [
    'metric', 'scope', 'changepoints', 'forecast', 'fit_meta', 'status', 'method', 'mase'
]) }}
