-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'mirt_fit_meta', [
    'model_spec', 'metrics', 'linking_constants'
]) }}
