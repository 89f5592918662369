{{ config(materialized='view', schema='staging') }}
-- depends_on: {{ ref('int_kpi_weeks') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ known_until() }}

)

{% if from_scratch('int_kpi_core') %}
select * from days
{% else %}
,

-- Windows reach back 56 days at most; of what lies before, only the last active day is ever looked at.
reach as (

    select
        weeks.user_id,
        coalesce(earlier.active_on, weeks.first_day) as first_day
    from (
        select user_id, min(as_of) - 55 as first_day from {{ ref('int_kpi_weeks') }} group by user_id
    ) as weeks
    left join lateral (
        select active_on from {{ ref('int_learner_daily') }} as days
        where days.user_id = weeks.user_id and days.active_on < weeks.first_day
        order by days.active_on desc
        limit 1
    ) as earlier on true

)

select days.*
from days
inner join reach on days.user_id = reach.user_id and days.active_on >= reach.first_day
{% endif %}
