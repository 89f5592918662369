-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'mirt_item_params', [
    'item_id', 'model', 'params', 'se', 'n_responses', 'fit', 'status', 'version'
]) }}
