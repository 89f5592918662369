{{ config(materialized='view') }}

with weekly_kpi as (

    select * from {{ ref('weekly_kpi') }}

)

select
    user_id,
    week_start,
    as_of,
    {% for key in ['I_t', 'E_t', 'R_t', 'A_t', 'P', 'sigma', 'S', 'mean_gap', 'theta', 'theta_se',
                   'delta_theta', 'I_t_se', 'delta_theta_se'] -%}
    cast({{ json_text('kpis', key) }} as double precision) as {{ key | lower }},
    {% endfor -%}
    {% for key in ['sessions', 'n_attempts'] -%}
    cast({{ json_text('kpis', key) }} as integer) as {{ key }},
    {% endfor -%}
    {% for key in ['P_method', 'S_source', 'I_t_method'] -%}
    {{ json_text('kpis', key) }} as {{ key | lower }},
    {% endfor -%}
    {{ json_get('kpis', 'null_reasons') }} as null_reasons,
    created_at,
    updated_at
from weekly_kpi
