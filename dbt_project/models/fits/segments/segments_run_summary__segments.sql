{{ config(materialized='view') }}

with metas as (

    select * from {{ source('segments', 'segment_meta') }}

)

select
    metas.run_id,
    segment.segment_id,
    segment.segment_label,
    segment.n_learners,
    segment.share,
    segment.jaccard,
    segment.mean_strength,
    typical.engagement,
    typical.improvement,
    typical.efficiency,
    typical.recovery,
    typical.sessions,
    typical.mean_gap_days,
    typical.median_response_ms,
    typical.hints_per_answer,
    typical.attempts
from metas
cross join lateral {{ json_records('metas.centers', 'segment', [
    ('segment_id', 'integer'), ('segment_label', 'text'), ('n_learners', 'integer'),
    ('share', 'double precision'), ('jaccard', 'double precision'), ('mean_strength', 'double precision'),
    ('typical', 'jsonb')
]) }}
left join lateral {{ json_records('segment.typical', 'typical', [
    ('engagement', 'double precision'), ('improvement', 'double precision'),
    ('efficiency', 'double precision'), ('recovery', 'double precision'), ('sessions', 'double precision'),
    ('mean_gap_days', 'double precision'), ('median_response_ms', 'double precision'),
    ('hints_per_answer', 'double precision'), ('attempts', 'double precision')
]) }} on true
