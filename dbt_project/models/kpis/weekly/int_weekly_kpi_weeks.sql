{{ config(materialized='ephemeral') }}
-- depends_on: {{ ref('changed_learner') }}, {{ ref('int_learner_daily') }}

with weeks as (

    select * from {{ ref('int_kpi_core') }} where as_of <= {{ as_of() }}

)

select weeks.*
from weeks
{% set scope = scope_of('weekly_kpi') %}
{% if not scope.is_whole %}
left join {{ changed_weeks('weekly_kpi') }} as changed on weeks.user_id = changed.user_id
where weeks.as_of >= least({{ scope.everyone_from }}, changed.from_day)
{% endif %}
