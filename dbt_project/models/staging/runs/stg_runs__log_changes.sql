{{ config(materialized='view') }}

with log_changes as (

    select * from {{ source('runs', 'attempt_log_change') }}

)

select
    day,
    first_loaded_at,
    last_loaded_at,
    fingerprint
from log_changes
