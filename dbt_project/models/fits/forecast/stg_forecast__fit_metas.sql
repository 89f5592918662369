-- depends_on: {{ ref('forecast_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'forecast'

),

metas as (

    select * from {{ source('forecast', 'prophet_fit_meta') }}

)

select
    metas.run_id,
    runs.run_as_of,
    runs.is_newest,
    metas.fitted_at,
    metas.metric,
    metas.scope,
    metas.changepoints,
    metas.forecast,
    metas.fit_meta,
    metas.status,
    metas.method,
    metas.mase
from metas
inner join runs on metas.run_id = runs.run_id
