{{ config(materialized='ephemeral') }}
-- depends_on: {{ ref('changed_learner') }}

with changes as (

    select user_id, from_day from {{ changed_learners('prediction_score') }} as changed

),

-- Runs that may have something to grade; no horizon is longer than a year.
runs as (

    select * from {{ ref('stg_runs__published') }}
    where fit in ('survival', 'idle_risk')
        and {{ must_be_graded('run_as_of + coalesce(horizon_days, 365)', '(select min(from_day) from changes)') }}

),

-- From the first of these runs on, so that rows of older runs are not read; the join alone would read them all.
risks as (

    {% for staged in ['stg_survival__risks', 'stg_idle_risk__risks'] %}
    select run_id, user_id, risk_score, is_churned, horizon_days from {{ ref(staged) }}
    where run_as_of >= (select min(run_as_of) from runs)
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

due as (

    select
        runs.fit,
        runs.run_as_of,
        risks.*,
        runs.run_as_of + risks.horizon_days as horizon_end
    from runs
    inner join risks on runs.run_id = risks.run_id
    left join changes on risks.user_id = changes.user_id
    where runs.run_as_of + risks.horizon_days <= {{ as_of() }}
        and {{ must_be_graded('runs.run_as_of + risks.horizon_days', 'changes.from_day') }}

)

select
    fit,
    run_id,
    user_id,
    run_as_of,
    horizon_end,
    risk_score,
    is_churned,
    not exists (
        select 1 from {{ ref('int_learner_daily').render() }} as days
        where days.user_id = due.user_id and days.active_on > due.run_as_of and days.active_on <= due.horizon_end
    ) as stayed_away
from due
