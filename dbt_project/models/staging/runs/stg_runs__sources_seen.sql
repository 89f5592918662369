{{ config(materialized='view') }}

with sources_seen as (

    select * from {{ source('runs', 'source_seen') }}

)

select
    source,
    key,
    user_id,
    changed_from,
    fingerprint
from sources_seen
