{{ config(materialized='ephemeral') }}

with runs as (

    select * from {{ source('runs', 'fit_run') }}

),

ranked as (

    select
        fit,
        as_of as run_as_of,
        run_id,
        started_at,
        row_number() over (partition by fit, as_of order by started_at desc, run_id desc) as place
    from runs
    where status = 'published' and pruned_at is null

)

select
    fit,
    run_as_of,
    run_id,
    started_at,
    run_as_of = max(run_as_of) over (partition by fit) as is_newest
from ranked
where place = 1
