{{ config(materialized='ephemeral') }}

with scopes as (

    select * from {{ source('runs', 'build_scope') }} where schema_name = '{{ target.schema }}'

)

select
    model,
    after_change,
    upto_change
from scopes
