-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'ability_change', [
    'user_id', 'week_start', 'n', 'n_before', 'theta', 'se', 'change', 'change_se'
]) }}
