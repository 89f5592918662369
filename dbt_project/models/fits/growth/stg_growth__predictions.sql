-- depends_on: {{ ref('growth_input') }} {{ ref('growth_input__goals') }}
{{ config(materialized='view') }}

{{ landed('growth', 'growth_predictions', [
    'user_id', 'probability', 'sigma', 'mean', 'lower', 'upper', 'target', 'goal_date', 'slope_mean', 'slope_sd',
    'method'
]) }}
