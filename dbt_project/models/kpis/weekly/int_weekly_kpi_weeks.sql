{{ config(materialized='ephemeral') }}
-- depends_on: {{ ref('changed_learner') }}, {{ ref('int_learner_daily') }}
{% set scope = scope_of('weekly_kpi') %}

with weeks as (

    select * from {{ ref('int_kpi_core') }} where as_of <= {{ as_of() }}

),

spans as (

    select * from {{ ref('int_finished_spans') }}

)

select
    weeks.*,
    spans.user_id is not null as is_finished
from weeks
left join spans
    on weeks.user_id = spans.user_id and weeks.as_of >= spans.finished_from and weeks.as_of < spans.finished_until
{% if not scope.is_whole %}
left join {{ changed_weeks('weekly_kpi') }} as changed on weeks.user_id = changed.user_id
left join {{ weeks_held_as_finished() }} as held on weeks.user_id = held.user_id and weeks.week_start = held.week_start
where weeks.as_of >= least({{ scope.everyone_from }}, changed.from_day)
    -- What the course holds depends on everybody's answers, so a learner may turn without a change of their own.
    or (spans.user_id is null) <> (held.user_id is null)
{% endif %}
