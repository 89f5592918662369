{{ config(materialized='view') }}

with metas as (

    select * from {{ source('segments', 'segment_meta') }}

)

select
    metas.run_id,
    tried.k,
    tried.jaccard,
    tried.smallest_share,
    tried.silhouette,
    tried.is_candidate,
    tried.next_k,
    tried.next_gap,
    tried.next_gap_se
from metas
cross join lateral {{ json_records(json_get('metas.metrics', 'k_table'), 'tried', [
    ('k', 'integer'), ('jaccard', 'double precision'), ('smallest_share', 'double precision'),
    ('silhouette', 'double precision'), ('is_candidate', 'boolean'),
    ('next_k', 'integer'), ('next_gap', 'double precision'), ('next_gap_se', 'double precision')
]) }}
