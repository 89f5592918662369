with metas as (

    select * from {{ ref('stg_segments__fit_metas') }}

)

select
    run_id,
    n_clusters,
    features,
    metrics,
    fitted_at
from metas
