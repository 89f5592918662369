-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'mirt_ability', [
    'user_id', 'theta', 'se', 'model', 'version', 'theta_wle', 'se_wle'
]) }}
