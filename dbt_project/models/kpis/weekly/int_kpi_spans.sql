{{ config(schema='staging', tags=['scoped']) }}
{% set newest_day = scope_of('int_kpi_core').newest_day %}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ newest_day }}

)

select
    user_id,
    {{ monday('min(active_on)') }} as first_week,
    least(
        {{ monday('max(active_on)') }} + 7 * {{ setting('kpi_weeks_after_last') }},
        {{ monday(newest_day) }}
    ) as last_week
from days
group by user_id
