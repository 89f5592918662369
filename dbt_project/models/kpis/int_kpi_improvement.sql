{{ config(materialized='ephemeral') }}

with accuracy as (

    select * from {{ ref('int_weeks_to_tell') }}

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
        windows.theta,
        windows.theta_se,
        windows.n_recent,
        windows.theta - windows.theta_prev as delta_theta,
        sqrt(windows.theta_se * windows.theta_se + windows.theta_prev_se * windows.theta_prev_se) as delta_se,
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

judged as (

    select
        *,
        coalesce(theta_reason, case when delta_theta is null then 'no_previous_window' end)
            as delta_theta_reason,
        theta_reason is null and delta_theta is not null and n_recent >= 5 as by_theta,
        delta_theta * least(1, n_recent / 30.0) * (1 - least(0.5, 1.96 * delta_se)) as improvement
    from compared

)

select
    user_id,
    week_start,
    as_of,
    case when by_theta then {{ rounded(clamp('improvement', -1, 1)) }} else i_t end as i_t,
    case when by_theta then 'theta' else 'accuracy' end as i_t_method,
    case when not by_theta then i_t_reason end as i_t_reason,
    case when theta_reason is null then {{ rounded('theta') }} end as theta,
    case when theta_reason is null then {{ rounded('theta_se') }} end as theta_se,
    theta_reason,
    case when delta_theta_reason is null then {{ rounded('delta_theta') }} end as delta_theta,
    delta_theta_reason
from judged
