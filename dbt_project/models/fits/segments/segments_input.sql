{{ config(contract={'enforced': true}) }}

with days as (

    select * from {{ ref('int_learner_daily') }}
    where active_on > {{ day_before_segments_window() }} and active_on <= {{ as_of() }}

),

-- Complete weeks with an answer in their 28 days: the weeks in which the learner was active.
weeks as (

    select * from {{ ref('weekly_kpi_flat') }}
    where as_of > {{ day_before_segments_window() }} and week_start <= {{ as_of() }} - 6 and n_attempts > 0

),

attempts as (

    select * from {{ ref('attempt') }}
    where completed_at >= {{ utc_midnight(day_before_segments_window() ~ ' + 1') }} and {{ known_by_as_of('completed_at') }}

),

activity as (

    select
        user_id,
        sum(sessions) as sessions,
        cast(max(active_on) - min(active_on) as double precision) / nullif(count(*) - 1, 0) as mean_gap_days,
        cast(sum(hints) as double precision) / nullif(sum(hints_known), 0) as hints_per_answer,
        sum(attempts) as attempts
    from days
    group by user_id

),

kpis as (

    select
        user_id,
        {{ exact_mean('a_t') }} as engagement,
        {{ exact_mean('i_t') }} as improvement,
        {{ exact_mean('e_t') }} as efficiency,
        {{ exact_mean('r_t') }} as recovery
    from weeks
    group by user_id

),

responses as (

    select
        user_id,
        {{ median('response_time_ms') }} as median_response_ms
    from attempts
    where response_time_ms is not null
    group by user_id

)

select
    activity.user_id,
    {{ rounded('kpis.engagement') }} as engagement,
    {{ rounded('kpis.improvement') }} as improvement,
    {{ rounded('kpis.efficiency') }} as efficiency,
    {{ rounded('kpis.recovery') }} as recovery,
    cast(activity.sessions as double precision) as sessions,
    {{ rounded('activity.mean_gap_days') }} as mean_gap_days,
    {{ rounded('responses.median_response_ms') }} as median_response_ms,
    {{ rounded('activity.hints_per_answer') }} as hints_per_answer,
    cast(activity.attempts as double precision) as attempts
from activity
left join kpis on activity.user_id = kpis.user_id
left join responses on activity.user_id = responses.user_id
