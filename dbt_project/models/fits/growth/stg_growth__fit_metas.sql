-- depends_on: {{ ref('growth_input') }} {{ ref('growth_input__goals') }}
{{ config(materialized='view') }}

{{ landed('growth', 'growth_brms_meta', [
    'formula', 'priors', 'posterior_summary', 'diagnostics', 'posterior'
]) }}
