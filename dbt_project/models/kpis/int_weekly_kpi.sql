{{ config(schema='staging') }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

improvement as (

    select * from {{ ref('int_kpi_improvement') }}

),

efficiency as (

    select * from {{ ref('int_kpi_efficiency') }}

),

recovery as (

    select * from {{ ref('int_kpi_recovery') }}

),

engagement as (

    select * from {{ ref('int_kpi_engagement') }}

),

goal as (

    select * from {{ ref('int_kpi_goal') }}

),

churn as (

    select * from {{ ref('int_kpi_churn') }}

)

select
    user_id, week_start, weeks.as_of,
    improvement.i_t, efficiency.e_t, recovery.r_t, engagement.a_t, goal.p, goal.sigma, churn.s,
    goal.p_method, churn.s_source, improvement.i_t_method,
    engagement.sessions, engagement.mean_gap, engagement.n_attempts,
    improvement.theta, improvement.theta_se, improvement.delta_theta,
    {{ json_without_nulls(json_object([
        ('I_t', 'improvement.i_t_reason'), ('E_t', 'efficiency.e_t_reason'), ('R_t', 'recovery.r_t_reason'),
        ('P', 'goal.p_reason'), ('sigma', 'goal.p_reason'), ('P_method', 'goal.p_reason'),
        ('mean_gap', 'engagement.mean_gap_reason'), ('theta', 'improvement.theta_reason'),
        ('theta_se', 'improvement.theta_reason'), ('delta_theta', 'improvement.delta_theta_reason')])) }}
        as null_reasons
from weeks
inner join improvement using (user_id, week_start)
inner join efficiency using (user_id, week_start)
inner join recovery using (user_id, week_start)
inner join engagement using (user_id, week_start)
inner join goal using (user_id, week_start)
inner join churn using (user_id, week_start)
