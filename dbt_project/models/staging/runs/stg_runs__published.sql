{{ config(materialized='ephemeral') }}

with runs as (

    select
        *,
        {{ json_text('params', 'model_run_id') }} as model_run_id,
        cast({{ json_text('params', 'horizon_days') }} as integer) as horizon_days
    from {{ source('runs', 'fit_run') }}
    where status = 'published'

),

-- A scoring from a stored model counts only while the run that stored the model counts.
ranked as (

    select
        runs.fit,
        runs.as_of as run_as_of,
        runs.run_id,
        runs.model_run_id,
        coalesce(runs.horizon_days, models.horizon_days) as horizon_days,
        runs.started_at,
        row_number() over (partition by runs.fit, runs.as_of order by runs.started_at desc, runs.run_id desc) as place
    from runs
    left join runs as models on runs.model_run_id = models.run_id
    where runs.pruned_at is null and (runs.model_run_id is null or models.run_id is not null)

)

select
    fit,
    run_as_of,
    run_id,
    model_run_id,
    horizon_days,
    started_at,
    run_as_of = max(run_as_of) over (partition by fit) as is_newest
from ranked
where place = 1
