-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

metas as (

    select * from {{ source('irt', 'mirt_fit_meta') }}

)

select
    metas.run_id,
    runs.run_as_of,
    runs.is_newest,
    metas.fitted_at,
    metas.model_spec,
    metas.metrics,
    metas.linking_constants
from metas
inner join runs on metas.run_id = runs.run_id
