{{ config(materialized='view') }}

with metas as (

    select * from {{ source('segments', 'segment_meta') }}

)

select
    metas.run_id,
    metas.n_clusters,
    identity.previous_run_id,
    identity.n_shared,
    identity.n_new,
    identity.n_left,
    identity.adjusted_rand
from metas
left join lateral {{ json_records(json_get('metas.metrics', 'identity'), 'identity', [
    ('previous_run_id', 'text'), ('n_shared', 'integer'), ('n_new', 'integer'), ('n_left', 'integer'),
    ('adjusted_rand', 'double precision')
]) }} on true
