with metas as (

    select * from {{ ref('stg_growth__fit_metas') }}

)

select
    run_id,
    formula,
    priors,
    posterior_summary,
    diagnostics,
    fitted_at
from metas
