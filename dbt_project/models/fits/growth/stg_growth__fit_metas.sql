-- depends_on: {{ ref('growth_input') }} {{ ref('growth_input__goals') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'growth'

),

metas as (

    select * from {{ source('growth', 'growth_brms_meta') }}

)

select
    metas.run_id,
    runs.run_as_of,
    runs.is_newest,
    metas.fitted_at,
    metas.formula,
    metas.priors,
    metas.posterior_summary,
    metas.diagnostics,
    metas.posterior
from metas
inner join runs on metas.run_id = runs.run_id
