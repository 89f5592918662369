{{ config(schema='staging', tags=['scoped']) }}
-- depends_on: {{ ref('changed_learner') }}, {{ ref('int_learner_daily') }}

with spans as (

    select * from {{ ref('int_kpi_spans') }}

),

weeks as (

    select
        spans.user_id,
        spans.first_week + 7 * weeks.week_no as week_start,
        least(spans.first_week + 7 * weeks.week_no + 6, {{ as_of() }}) as as_of
    from spans
    cross join lateral generate_series(
        0, (least(spans.last_week, {{ monday(as_of()) }}) - spans.first_week) / 7
    ) as weeks (week_no)

)

select weeks.*
from weeks
{% set scope = scope_of('int_kpi_core') %}
{% if not scope.is_whole %}
left join {{ changed_weeks('int_kpi_core') }} as changed on weeks.user_id = changed.user_id
{% endif %}
where
    -- A build for an earlier day does not overwrite an incomplete week that a later build has computed.
    (weeks.as_of = weeks.week_start + 6 or {{ as_of() }} >= {{ scope.newest_day }})
    {% if not scope.is_whole %}and weeks.as_of >= least({{ scope.everyone_from }}, changed.from_day){% endif %}
