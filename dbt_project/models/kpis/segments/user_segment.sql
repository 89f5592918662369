{{ config(materialized='view') }}

with assignments as (

    select * from {{ ref('stg_segments__assignments') }} where is_newest

),

profiles as (

    select * from {{ ref('segment_profile') }}

)

select
    assignments.user_id,
    assignments.run_as_of as as_of,
    assignments.run_id,
    assignments.segment_id,
    assignments.segment_label,
    profiles.description,
    profiles.description_ko,
    assignments.strength,
    assignments.distance,
    assignments.features_snapshot,
    assignments.is_assigned_only,
    assignments.fitted_at
from assignments
left join profiles on assignments.run_id = profiles.run_id and assignments.segment_id = profiles.segment_id
