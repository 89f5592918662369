-- depends_on: {{ ref('idle_growth_input') }} {{ ref('idle_growth_input__goals') }} {{ ref('idle_growth_input__model') }}
{{ config(materialized='view') }}

{{ landed('idle_growth', 'growth_predictions', [
    'user_id', 'probability', 'sigma', 'mean', 'lower', 'upper', 'target', 'goal_date', 'slope_mean', 'slope_sd',
    'method'
], run_columns=['run_as_of', 'model_run_id']) }}
