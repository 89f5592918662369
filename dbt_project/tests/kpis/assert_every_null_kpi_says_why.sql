-- What it finds: a KPI that is null without a code in `null_reasons`, or a code for a KPI that has a value.
-- When it matters: always; a report must distinguish "unknown" from "forgotten".
-- How to resolve: the reason column of the KPI's int_kpi_* model has one case too many or too few compared with its
--     formula.
{% set keys = ['I_t', 'E_t', 'R_t', 'A_t', 'P', 'sigma', 'S', 'P_method', 'S_source', 'I_t_method',
               'sessions', 'mean_gap', 'n_attempts', 'theta', 'theta_se', 'delta_theta', 'I_t_se',
               'delta_theta_se'] %}
select *
from {{ ref('int_weekly_kpi') }}
where false
    {%- for key in keys %}
    or ({{ key | lower }} is null) <> ({{ json_text('null_reasons', key) }} is not null)
    {%- endfor %}
