-- What it finds: weeks in which a learner is `churned` although they answered in the `survival_event_threshold_days` (14)
--     days up to its as_of, and weeks whose S is from a score of an absence that had ended by then.
-- When it matters: always; who is back must not be called lost.
-- How to resolve: build weekly_kpi again as of today. If rows stay, compare the learner's days in int_learner_daily with
--     the idle days of the score in stg_survival__risks or stg_idle_risk__risks.
with weeks as (

    select * from {{ ref('weekly_kpi_flat') }}
    where s_source in ('churned', 'survival') and as_of <= {{ as_of() }}
        and as_of >= least({{ scope_of('weekly_kpi').everyone_from }}, {{ first_changed_day('weekly_kpi') }})

),

-- depends_on: {{ ref('changed_learner') }}
-- When each learner was last active by the end of the week.
seen as (

    select
        weeks.user_id,
        weeks.week_start,
        weeks.as_of,
        weeks.s,
        weeks.s_source,
        (
            select max(days.active_on) from (select * from {{ ref('int_learner_daily') }}) as days
            where days.user_id = weeks.user_id and days.active_on <= weeks.as_of
        ) as last_active_on
    from weeks

),

runs as (

    select * from {{ ref('int_runs_by_day') }} where age_days < {{ setting('survival_max_age_days') }}

),

scores as (

    {% for fit, staged in [('survival', 'stg_survival__risks'), ('idle_risk', 'stg_idle_risk__risks')] %}
    select runs.day, risks.user_id, risks.run_as_of - risks.idle_days as last_seen_on, risks.risk_score
    from runs
    inner join (select * from {{ ref(staged) }}) as risks on runs.run_id = risks.run_id and runs.fit = '{{ fit }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    seen.user_id,
    seen.week_start,
    seen.s,
    seen.s_source,
    seen.last_active_on
from seen
where (seen.s_source = 'churned' and seen.last_active_on > seen.as_of - {{ setting('survival_event_threshold_days') }})
    or not exists (
        select 1 from scores
        where scores.day = seen.as_of and scores.user_id = seen.user_id and scores.last_seen_on = seen.last_active_on
            and abs(scores.risk_score - seen.s) <= 1e-6
    )
