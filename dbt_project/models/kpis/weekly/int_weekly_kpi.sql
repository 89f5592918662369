{{ config(schema='staging', tags=['scoped']) }}

with core as (

    select * from {{ ref('int_weekly_kpi_weeks') }}

),

improvement as (

    select * from {{ ref('int_kpi_improvement') }}

),

goal as (

    select * from {{ ref('int_kpi_goal') }}

),

churn as (

    select * from {{ ref('int_kpi_churn') }}

)

select
    user_id, week_start, core.as_of,
    improvement.i_t, core.e_t, core.r_t, core.a_t, goal.p, goal.sigma, churn.s,
    goal.p_method, churn.s_source, improvement.i_t_method,
    core.sessions, core.mean_gap, core.n_attempts,
    improvement.theta, improvement.theta_se, improvement.delta_theta,
    improvement.i_t_se, improvement.delta_theta_se,
    {{ json_without_nulls(json_object([
        ('I_t', 'improvement.i_t_reason'), ('E_t', 'core.e_t_reason'), ('R_t', 'core.r_t_reason'),
        ('P', 'goal.p_reason'), ('sigma', 'goal.p_reason'), ('P_method', 'goal.p_reason'),
        ('mean_gap', 'core.mean_gap_reason'), ('theta', 'improvement.theta_reason'),
        ('theta_se', 'improvement.theta_reason'), ('delta_theta', 'improvement.delta_theta_reason'),
        ('I_t_se', 'improvement.i_t_reason'), ('delta_theta_se', 'improvement.delta_theta_reason')])) }}
        as null_reasons
from core
inner join improvement using (user_id, week_start)
inner join goal using (user_id, week_start)
inner join churn using (user_id, week_start)
