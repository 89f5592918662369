-- depends_on: {{ ref('survival_input') }} {{ ref('survival_input__at_risk') }} {{ ref('survival_input__closed_days') }}
{{ config(materialized='view') }}

{{ landed('survival', 'survival_fit_meta', [
    'formula', 'family', 'event_threshold_days', 'coefficients', 'hazard_ratios', 'concordance', 'n', 'n_events',
    'survival_curve', 'diagnostics'
]) }}
