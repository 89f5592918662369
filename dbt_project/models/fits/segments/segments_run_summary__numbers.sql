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
    tried.rival_k,
    tried.rival_errors,
    tried.errors_needed
from metas
cross join lateral {{ json_records(json_get('metas.metrics', 'k_table'), 'tried', [
    ('k', 'integer'), ('jaccard', 'double precision'), ('smallest_share', 'double precision'),
    ('silhouette', 'double precision'), ('is_candidate', 'boolean'),
    ('rival_k', 'integer'), ('rival_errors', 'double precision'),
    ('errors_needed', 'double precision')
]) }}
