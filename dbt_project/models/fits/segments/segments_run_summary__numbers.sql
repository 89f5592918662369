{{ config(materialized='view') }}

with metas as (

    select * from {{ source('segments', 'segment_meta') }}

)

select
    metas.run_id,
    tried.k,
    tried.gap,
    tried.gap_se,
    tried.population_gap,
    tried.population_se,
    tried.jaccard,
    tried.smallest_share,
    tried.silhouette,
    tried.is_candidate
from metas
cross join lateral {{ json_records(json_get('metas.metrics', 'k_table'), 'tried', [
    ('k', 'integer'), ('gap', 'double precision'), ('gap_se', 'double precision'),
    ('population_gap', 'double precision'), ('population_se', 'double precision'),
    ('jaccard', 'double precision'), ('smallest_share', 'double precision'),
    ('silhouette', 'double precision'), ('is_candidate', 'boolean')
]) }}
