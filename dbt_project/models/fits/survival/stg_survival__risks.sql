-- depends_on: {{ ref('survival_input') }} {{ ref('survival_input__at_risk') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'survival'

),

risks as (

    select * from {{ source('survival', 'survival_risk') }}

)

select
    risks.run_id,
    runs.run_as_of,
    runs.is_newest,
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
