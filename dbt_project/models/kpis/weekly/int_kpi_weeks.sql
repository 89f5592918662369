{{ config(schema='staging') }}
-- depends_on: {{ ref('int_build_scope') }}, {{ ref('int_learner_daily') }}

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

{% if from_scratch('int_kpi_core') %}
select * from weeks
{% else %}
,

changed as (

    {{ changed_weeks('int_kpi_core') }}

)

select weeks.*
from weeks
left join changed on weeks.user_id = changed.user_id
where weeks.as_of >= least({{ everyone_from('int_kpi_core') }}, changed.from_day)
    -- A build for an earlier day does not overwrite an incomplete week that a later build has computed.
    and (weeks.as_of = weeks.week_start + 6 or {{ everyone_from('int_kpi_core') }} <= {{ as_of() }} + 1)
{% endif %}
