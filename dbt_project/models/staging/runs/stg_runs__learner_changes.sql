{{ config(materialized='ephemeral') }}

with changes as (

    select * from {{ source('runs', 'learner_change') }}

)

select
    change_no,
    user_id,
    student_id,
    from_day
from changes
