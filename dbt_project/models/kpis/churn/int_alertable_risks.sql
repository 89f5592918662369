{{ config(materialized='ephemeral') }}

with runs as (

    select * from {{ ref('stg_runs__published') }}
    where fit in ('survival', 'idle_risk') and run_as_of <= {{ as_of() }}

),

closed as (

    select * from {{ ref('int_closed_days') }}

),

fitted as (

    select *, {{ alert_risk() }} as alert_risk from {{ ref('stg_survival__risks') }} where not is_churned

),

-- Per run, so that a build that needs a few runs does not read the others.
runs_with_top as (

    select
        runs.*,
        tops.top_threshold
    from runs
    left join lateral (
        select {{ quantile('fitted.alert_risk', 1 - setting('churn_alert_top')) }} as top_threshold
        from fitted
        where {{ setting('churn_alert_top') }} > 0 and fitted.run_id = coalesce(runs.model_run_id, runs.run_id)
    ) as tops on true

),

risks as (

    {% for staged in ['stg_survival__risks', 'stg_idle_risk__risks'] %}
    select run_id, user_id, {{ alert_risk() }} as risk_score, idle_days, contributions from {{ ref(staged) }} where not is_churned
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    runs.run_as_of,
    runs.model_run_id,
    risks.*,
    runs.run_as_of - risks.idle_days as last_seen_on,
    runs.top_threshold,
    risks.risk_score >= {{ setting('churn_alert_threshold') }} as is_over_threshold,
    coalesce(risks.risk_score > runs.top_threshold, false) as is_among_top
from runs_with_top as runs
inner join risks on runs.run_id = risks.run_id
where risks.idle_days > 0
    and not exists (select 1 from closed where closed.day = runs.run_as_of)
