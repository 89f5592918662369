with runs as (

    select * from {{ source('runs', 'fit_run') }}

)

select run_id
from runs
where status = 'published' and pruned_at is not null
