{{ config(materialized='view', schema='staging') }}

with days as (

    select * from {{ ref('int_closed_days') }}

)

select {{ monday('day') }} as week_start
from days
group by {{ monday('day') }}
having count(*) > 3
