{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'segments'

),

assignments as (

    select * from {{ source('earlier', 'segment_assignments') }}

)

select
    assignments.run_id,
    runs.run_as_of,
    assignments.user_id,
    assignments.segment_id
from assignments
inner join runs on assignments.run_id = runs.run_id
