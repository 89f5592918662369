{{ config(schema='staging', tags=['build_scope']) }}
-- depends_on: {{ ref('int_build_scope') }}, {{ ref('int_learner_daily') }}

with weeks as (

    select * from {{ ref('int_kpi_core') }} where as_of <= {{ as_of() }}

)

{% if from_scratch('weekly_kpi') %}
select * from weeks
{% else %}
,

changed as (

    {{ changed_weeks('weekly_kpi') }}

)

select weeks.*
from weeks
left join changed on weeks.user_id = changed.user_id
where weeks.as_of >= least({{ everyone_from('weekly_kpi') }}, changed.from_day)
{% endif %}
