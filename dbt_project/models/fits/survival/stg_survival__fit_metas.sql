-- depends_on: {{ ref('survival_input') }} {{ ref('survival_input__at_risk') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'survival'

),

metas as (

    select * from {{ source('survival', 'survival_fit_meta') }}

)

select
    metas.run_id,
    runs.run_as_of,
    runs.is_newest,
    metas.fitted_at,
    metas.formula,
    metas.family,
    metas.event_threshold_days,
    metas.coefficients,
    metas.hazard_ratios,
    metas.concordance,
    metas.n,
    metas.n_events,
    metas.survival_curve,
    metas.diagnostics
from metas
inner join runs on metas.run_id = runs.run_id
