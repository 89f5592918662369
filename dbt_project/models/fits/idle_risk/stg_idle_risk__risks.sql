-- depends_on: {{ ref('idle_risk_input') }} {{ ref('idle_risk_input__model') }} {{ ref('idle_risk_input__closed_days') }}
{{ config(materialized='view') }}

{{ landed('idle_risk', 'survival_risk', [
    'user_id', 'risk_score', 'idle_days', 'status', "status = 'churned' as is_churned", 'hazard_ratio',
    'rank_percentile', 'contributions', 'horizon_days', 'open_day_risk'
], run_columns=['run_as_of', 'is_newest', 'model_run_id']) }}
