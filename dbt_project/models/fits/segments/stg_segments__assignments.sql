-- depends_on: {{ ref('segments_input') }} {{ ref('segments_input__previous') }} {{ ref('segments_input__numbering') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'segments'

),

assignments as (

    select * from {{ source('segments', 'segment_assignments') }}

)

select
    assignments.run_id,
    runs.run_as_of,
    runs.is_newest,
    assignments.fitted_at,
    assignments.user_id,
    assignments.segment_id,
    assignments.segment_label,
    assignments.strength,
    assignments.distance,
    assignments.features_snapshot
from assignments
inner join runs on assignments.run_id = runs.run_id
