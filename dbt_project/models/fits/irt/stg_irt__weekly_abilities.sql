-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'ability_weekly', [
    'user_id', 'week_start', 'theta_wle', 'se_wle', 'theta_eap', 'se_eap', 'n'
]) }}
