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

    select user_id, min(as_of) - 55 as first_day from {{ ref('int_kpi_weeks') }} group by user_id

),

before_reach as (

    select earlier.*
    from reach
    cross join lateral (
        select * from {{ ref('int_learner_daily') }} as days
        where days.user_id = reach.user_id and days.active_on < reach.first_day
        order by days.active_on desc
        limit 1
    ) as earlier

)

select days.*
from days
inner join reach on days.user_id = reach.user_id and days.active_on >= reach.first_day
where days.active_on >= {{ day_asked("select min(as_of) - 55 from " ~ ref('int_kpi_weeks')) }}

union all

select * from before_reach
{% endif %}
