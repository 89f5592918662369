{{ config(materialized='ephemeral') }}

with scores as (

    select * from {{ ref('prediction_score') }} where horizon_end <= {{ as_of() }}

),

runs as (

    select
        *,
        run_as_of = max(run_as_of) over (partition by fit, {{ monday('run_as_of') }}) as is_of_week
    from {{ ref('stg_runs__published') }}
    where run_as_of <= {{ as_of() }}

),

-- The last run of a week is the one that week's KPIs read, and the one that pruning leaves.
of_week as (

    select
        scores.*,
        runs.model_run_id,
        {{ monday('scores.horizon_end') }} as week_start
    from scores
    inner join runs on scores.run_id = runs.run_id
    where runs.is_of_week
        and (scores.kind = 'S' or scores.horizon_end - scores.as_of >= 7 * {{ setting('goal_horizon_weeks') }})

)

{{ first_of_each('of_week', ['kind', 'week_start', 'user_id'],
                 ['kind', 'week_start', 'user_id', 'as_of desc', 'model_run_id nulls first']) }}
