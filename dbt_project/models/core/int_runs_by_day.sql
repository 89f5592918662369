{{ config(materialized='ephemeral') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where run_as_of <= {{ as_of() }}

),

runs_with_next as (

    select
        *,
        lead(run_as_of, 1, {{ as_of() }} + 1) over (partition by fit order by run_as_of) as next_as_of
    from runs

)

select
    runs_with_next.fit,
    runs_with_next.run_as_of + days.age_days as day,
    runs_with_next.run_id,
    runs_with_next.run_as_of,
    days.age_days
from runs_with_next
cross join lateral generate_series(0, runs_with_next.next_as_of - runs_with_next.run_as_of - 1) as days (age_days)
