{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

)

select
    user_id,
    week_start,
    as_of,
    cast(null as double precision) as p,
    cast(null as double precision) as sigma,
    cast(null as text) as p_method,
    'no_published_fit' as p_reason
from weeks
