{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }}

)

select
    fit,
    run_as_of,
    run_id,
    is_newest
from runs
