{{ config(materialized='view', schema='staging', tags=['scoped']) }}
-- depends_on: {{ ref('int_kpi_weeks') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ scope_of('int_kpi_core').newest_day }}

)

{% if scope_of('int_kpi_core').is_whole %}
select * from days
{% else %}
,

-- Windows cover at most 56 days; of the days before, only the last active day is needed.
needed as (

    select user_id, min(as_of) - 55 as first_day from {{ ref('int_kpi_weeks') }} group by user_id

),

last_before_needed as (

    select earlier.*
    from needed
    cross join lateral (
        select * from {{ ref('int_learner_daily').render() }} as days
        where days.user_id = needed.user_id and days.active_on < needed.first_day
        order by days.active_on desc
        limit 1
    ) as earlier

)

select days.*
from days
inner join needed on days.user_id = needed.user_id and days.active_on >= needed.first_day
where days.active_on >= {{ day_literal("select min(as_of) - 55 from " ~ ref('int_kpi_weeks')) }}

union all

select * from last_before_needed
{% endif %}
