{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'week_start'],
    schema='staging',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['user_id', 'week_start'], 'unique': true}],
    meta={'changes': 'changed_weeks', 'learner': 'DBT_INTERNAL_DEST.user_id', 'day': 'DBT_INTERNAL_DEST.as_of'}
) }}
-- depends_on: {{ ref('changed_learner') }}, {{ ref('int_learner_daily') }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

improvement as (

    select * from {{ ref('int_kpi_improvement_accuracy') }}

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

churn as (

    select * from {{ ref('int_kpi_churn_heuristic') }}

)

select
    user_id, week_start, weeks.as_of,
    improvement.i_t, improvement.i_t_se, improvement.i_t_reason,
    efficiency.e_t, efficiency.e_t_reason,
    recovery.r_t, recovery.r_t_reason,
    engagement.a_t, engagement.sessions, engagement.mean_gap, engagement.mean_gap_reason, engagement.n_attempts,
    churn.s_heuristic, churn.idle_days
from weeks
inner join improvement using (user_id, week_start)
inner join efficiency using (user_id, week_start)
inner join recovery using (user_id, week_start)
inner join engagement using (user_id, week_start)
inner join churn using (user_id, week_start)
