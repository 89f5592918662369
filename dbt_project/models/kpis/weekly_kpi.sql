{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['user_id', 'week_start'],
    merge_exclude_columns=['created_at'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['user_id', 'week_start'], 'unique': true}, {'columns': ['week_start']}],
    post_hook="{{ remove_weeks_no_longer_computed() }}"
) }}

with weeks as (

    select * from {{ ref('int_weekly_kpi') }}

),

described as (

    select
        user_id,
        week_start,
        as_of,
        {{ json_object([
            ('I_t', 'i_t'), ('E_t', 'e_t'), ('R_t', 'r_t'), ('A_t', 'a_t'), ('P', 'p'), ('sigma', 'sigma'),
            ('S', 's'), ('P_method', 'p_method'), ('S_source', 's_source'), ('I_t_method', 'i_t_method'),
            ('sessions', 'sessions'), ('mean_gap', 'mean_gap'), ('n_attempts', 'n_attempts'),
            ('theta', 'theta'), ('theta_se', 'theta_se'), ('delta_theta', 'delta_theta'),
            ('null_reasons', 'null_reasons')]) }} as kpis
    from weeks

)

select
    described.user_id,
    described.week_start,
    described.as_of,
    described.kpis,
    {{ run_time() }} as created_at,
    {{ run_time() }} as updated_at
from described
{% if is_incremental() %}
left join {{ this }} as known
    on described.user_id = known.user_id and described.week_start = known.week_start
where known.user_id is null
    or (
        described.as_of >= known.as_of
        and (described.as_of, described.kpis) is distinct from (known.as_of, known.kpis)
    )
{% endif %}
