-- depends_on: {{ ref('idle_growth_input') }} {{ ref('idle_growth_input__goals') }} {{ ref('idle_growth_input__model') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'idle_growth'

),

predictions as (

    select * from {{ source('idle_growth', 'growth_predictions') }}

)

select
    predictions.run_id,
    runs.run_as_of,
    runs.model_run_id,
    predictions.fitted_at,
    predictions.user_id,
    predictions.probability,
    predictions.sigma,
    predictions.mean,
    predictions.lower,
    predictions.upper,
    predictions.target,
    predictions.goal_date,
    predictions.slope_mean,
    predictions.slope_sd,
    predictions.method
from predictions
inner join runs on predictions.run_id = runs.run_id
