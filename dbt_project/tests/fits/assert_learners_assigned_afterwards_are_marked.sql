-- What it finds: learners whose mark `is_assigned_only` differs from what their snapshot says of the features in use.
-- When it matters: always; a learner who did not decide would be shown as one who did, or the reverse.
-- How to resolve: compare `features_snapshot` with `features` of the run's `segment_meta`. If the run is older than the
--     column, `dreamseed init` fills it; else the service's `assign_segments` is wrong.
with assignments as (

    select * from {{ ref('stg_segments__assignments') }} where is_newest

),

metas as (

    select * from {{ ref('stg_segments__fit_metas') }}

),

used as (

    select
        metas.run_id,
        {{ json_text('listed.element', 'feature') }} as feature
    from metas
    cross join lateral {{ json_elements('metas.features') }} as listed (element, place)

),

counted as (

    select
        assignments.run_id,
        assignments.user_id,
        assignments.is_assigned_only,
        count(*) - count(pairs.value) as n_unknown
    from assignments
    cross join lateral {{ json_pairs('assignments.features_snapshot') }} as pairs (key, value)
    inner join used on assignments.run_id = used.run_id and pairs.key = used.feature
    group by assignments.run_id, assignments.user_id, assignments.is_assigned_only

)

select * from counted
where is_assigned_only <> (n_unknown > 0)
