{{ config(materialized='view', schema='staging') }}

with closures as (

    select * from {{ ref('stg_app__closures') }}

)

select distinct closures.from_day + days.n as day
from closures
cross join lateral generate_series(0, closures.to_day - closures.from_day) as days (n)
