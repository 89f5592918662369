with assignments as (

    select * from {{ ref('stg_segments__assignments') }}

),

runs as (

    select
        run_id,
        run_as_of,
        lag(run_id) over (order by run_as_of) as previous_run_id,
        lag(run_as_of) over (order by run_as_of) as previous_as_of
    from {{ ref('stg_segments__fit_metas') }}

),

-- Each learner of a run appears twice: in their run, and in the run after it as a learner of the previous run.
in_run as (

    select
        runs.run_id,
        assignments.user_id,
        assignments.segment_id
    from runs
    inner join assignments on runs.run_id = assignments.run_id
    where runs.previous_run_id is not null

),

in_previous_run as (

    select
        runs.run_id,
        assignments.user_id,
        assignments.segment_id
    from runs
    inner join assignments on runs.previous_run_id = assignments.run_id

),

moves as (

    select
        coalesce(in_run.run_id, in_previous_run.run_id) as run_id,
        in_previous_run.segment_id as from_segment_id,
        in_run.segment_id as to_segment_id,
        cast(count(*) as integer) as n_learners
    from in_run
    full outer join in_previous_run on in_run.run_id = in_previous_run.run_id and in_run.user_id = in_previous_run.user_id
    group by 1, 2, 3

)

select
    moves.run_id,
    runs.run_as_of,
    runs.previous_run_id,
    runs.previous_as_of,
    case
        when moves.from_segment_id is null then 'came'
        when moves.to_segment_id is null then 'left'
        when moves.from_segment_id = moves.to_segment_id then 'stayed'
        else 'moved'
    end as kind,
    moves.from_segment_id,
    moves.to_segment_id,
    moves.n_learners,
    cast(moves.n_learners as double precision)
    / sum(moves.n_learners) over (partition by moves.run_id, moves.from_segment_id) as share
from moves
inner join runs on moves.run_id = runs.run_id
