{{ config(materialized='ephemeral') }}

with accuracy as (

    select * from {{ ref('int_weekly_kpi_weeks') }}

),

windows as (

    select * from {{ ref('int_theta_windows') }}

),

runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt'

),

compared as (

    select
        accuracy.*,
        windows.theta, windows.theta_se, windows.n_recent,
        windows.delta_theta, windows.delta_theta_se, windows.is_change_known,
        case
            when not {{ setting('metrics_use_irt_theta') }} then 'irt_theta_off'
            when runs.run_id is null then 'no_published_fit'
            when runs.age_days >= {{ setting('theta_max_age_days') }} then 'fit_too_old'
            when windows.theta is null then 'no_ability_estimate'
        end as theta_reason
    from accuracy
    left join runs on accuracy.as_of = runs.day
    left join windows on accuracy.user_id = windows.user_id and accuracy.as_of = windows.as_of

),

-- Where the learner's ability is known, it decides: shares of right answers are no surer of the change.
judged as (

    select
        *,
        theta_reason is null as by_theta,
        coalesce(theta_reason, case
            when delta_theta is null then 'no_previous_window'
            when not is_change_known then 'change_not_measurable'
        end) as delta_theta_reason,
        case
            when theta_reason is not null then i_t_reason
            when delta_theta is null then 'no_previous_window'
            when n_recent < 5 then 'too_few_answers'
            when not is_change_known then 'change_not_measurable'
        end as reason,
        least(1, n_recent / 30.0) * (1 - least(0.5, 1.96 * delta_theta_se)) as reduction
    from compared

)

select
    user_id,
    week_start,
    as_of,
    case when not by_theta then i_t when reason is null then {{ rounded(clamp('delta_theta * reduction', -1, 1)) }} end
        as i_t,
    case when not by_theta then i_t_se when reason is null then {{ rounded('delta_theta_se * reduction') }} end as i_t_se,
    case when by_theta then 'theta' else 'accuracy' end as i_t_method,
    reason as i_t_reason,
    case when by_theta then {{ rounded('theta') }} end as theta,
    case when by_theta then {{ rounded('theta_se') }} end as theta_se,
    theta_reason,
    case when delta_theta_reason is null then {{ rounded('delta_theta') }} end as delta_theta,
    case when delta_theta_reason is null then {{ rounded('delta_theta_se') }} end as delta_theta_se,
    delta_theta_reason
from judged
