-- depends_on: {{ ref('segments_input') }} {{ ref('segments_input__previous') }} {{ ref('segments_input__numbering') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'segments'

),

metas as (

    select * from {{ source('segments', 'segment_meta') }}

)

select
    metas.run_id,
    runs.run_as_of,
    runs.is_newest,
    metas.fitted_at,
    metas.method,
    metas.n_clusters,
    metas.features,
    metas.centers,
    metas.metrics
from metas
inner join runs on metas.run_id = runs.run_id
