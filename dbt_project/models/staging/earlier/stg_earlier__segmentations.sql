{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'segments'

),

metas as (

    select * from {{ source('earlier', 'segment_meta') }}

)

select
    metas.run_id,
    runs.run_as_of,
    cast({{ json_text('metas.metrics', 'next_segment_id') }} as integer) as next_segment_id
from metas
inner join runs on metas.run_id = runs.run_id
