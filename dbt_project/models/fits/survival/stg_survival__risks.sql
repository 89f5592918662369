-- depends_on: {{ ref('survival_input') }} {{ ref('survival_input__at_risk') }} {{ ref('survival_input__closed_days') }}
{{ config(materialized='view') }}

{{ landed('survival', 'survival_risk', [
    'user_id', 'risk_score', 'idle_days', 'status', "status = 'churned' as is_churned", 'hazard_ratio',
    'rank_percentile', 'contributions', 'horizon_days', 'open_day_risk'
]) }}
