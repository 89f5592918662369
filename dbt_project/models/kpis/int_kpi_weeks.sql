{{ config(schema='staging') }}

with days as (

    select * from {{ ref('int_learner_daily') }}

),

spans as (

    select
        user_id,
        {{ monday('min(active_on)') }} as first_week,
        least(
            {{ monday('max(active_on)') }} + 7 * {{ var('kpi_weeks_after_last') }},
            {{ monday(as_of()) }}
        ) as last_week
    from days
    group by user_id

)

select
    spans.user_id,
    spans.first_week + 7 * weeks.week_no as week_start,
    least(spans.first_week + 7 * weeks.week_no + 6, {{ as_of() }}) as as_of
from spans
cross join lateral generate_series(0, (spans.last_week - spans.first_week) / 7) as weeks (week_no)
