{{ config(materialized='ephemeral') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where run_as_of <= {{ as_of() }}

),

reigns as (

    select
        *,
        lead(run_as_of, 1, {{ as_of() }} + 1) over (partition by fit order by run_as_of) as next_as_of
    from runs

)

select
    reigns.fit,
    reigns.run_as_of + days.age_days as day,
    reigns.run_id,
    reigns.run_as_of,
    days.age_days
from reigns
cross join lateral generate_series(0, reigns.next_as_of - reigns.run_as_of - 1) as days (age_days)
