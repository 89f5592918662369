-- depends_on: {{ ref('idle_risk_input') }} {{ ref('idle_risk_input__model') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'idle_risk'

),

risks as (

    select * from {{ source('idle_risk', 'survival_risk') }}

)

select
    risks.run_id,
    runs.run_as_of,
    runs.model_run_id,
    risks.fitted_at,
    risks.user_id,
    risks.risk_score,
    risks.idle_days,
    risks.status,
    risks.status = 'churned' as is_churned,
    risks.hazard_ratio,
    risks.rank_percentile,
    risks.contributions,
    risks.horizon_days
from risks
inner join runs on risks.run_id = runs.run_id
