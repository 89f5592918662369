{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'week_start'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['user_id', 'week_start'], 'unique': true}, {'columns': ['week_start']},
             {'columns': [json_text('kpis', 'S_source')]}],
    meta={'write_times': ['created_at', 'updated_at'], 'kept_on_update': ['created_at'], 'changes': 'changed_weeks',
          'learner': 'DBT_INTERNAL_DEST.user_id', 'day': 'DBT_INTERNAL_DEST.as_of'}
) }}
-- depends_on: {{ ref('changed_learner') }}, {{ ref('int_learner_daily') }}

with weeks as (

    select * from {{ ref('int_weekly_kpi') }}

)

select
    user_id,
    week_start,
    as_of,
    {{ json_object([
        ('I_t', 'i_t'), ('E_t', 'e_t'), ('R_t', 'r_t'), ('A_t', 'a_t'), ('P', 'p'), ('sigma', 'sigma'),
        ('S', 's'), ('P_method', 'p_method'), ('S_source', 's_source'), ('I_t_method', 'i_t_method'),
        ('sessions', 'sessions'), ('mean_gap', 'mean_gap'), ('n_attempts', 'n_attempts'),
        ('theta', 'theta'), ('theta_se', 'theta_se'), ('delta_theta', 'delta_theta'),
        ('I_t_se', 'i_t_se'), ('delta_theta_se', 'delta_theta_se'),
        ('null_reasons', 'null_reasons')]) }} as kpis,
    {{ run_time() }} as created_at,
    {{ run_time() }} as updated_at
from weeks
