{{ config(contract={'enforced': true}) }}

with newest as (

    select
        metas.run_id,
        metas.next_segment_id
    from {{ ref('stg_earlier__segmentations').render() }} as metas
    where metas.run_as_of < {{ as_of() }}
    order by metas.run_as_of desc
    limit 1

)

select
    max(run_id) as previous_run_id,
    coalesce(max(next_segment_id), 1) as next_segment_id
from newest
