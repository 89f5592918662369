with versions as (

    select * from {{ ref('kpi_versions') }}

)

select
    kpi,
    version,
    version = max(version) over (partition by kpi) as is_current,
    valid_from,
    definition,
    change
from versions
