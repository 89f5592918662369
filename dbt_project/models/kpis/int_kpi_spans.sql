{{ config(schema='staging') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ known_until() }}

)

select
    user_id,
    {{ monday('min(active_on)') }} as first_week,
    least(
        {{ monday('max(active_on)') }} + 7 * {{ setting('kpi_weeks_after_last') }},
        {{ monday(known_until()) }}
    ) as last_week
from days
group by user_id
