with runs as (

    select * from {{ ref('report_run') }} where fit = 'segments'

),

assignments as (

    select * from {{ ref('stg_segments__assignments') }}

),

metas as (

    select * from {{ ref('stg_segments__fit_metas') }}

),

centers as (

    select
        metas.run_id,
        metas.n_clusters,
        cast({{ json_text('listed.element', 'segment_id') }} as integer) as segment_id,
        {{ json_get('listed.element', 'scaled') }} as scaled
    from metas
    cross join lateral {{ json_elements('metas.centers') }} as listed (element, place)

)

select
    runs.report_week,
    assignments.user_id,
    runs.run_as_of,
    centers.n_clusters as n_segments,
    assignments.strength,
    assignments.is_assigned_only,
    centers.scaled
from runs
inner join assignments on runs.run_id = assignments.run_id
inner join centers on assignments.run_id = centers.run_id and assignments.segment_id = centers.segment_id
