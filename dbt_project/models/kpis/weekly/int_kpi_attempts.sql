{{ config(materialized='view', schema='staging', tags=['scoped']) }}
-- depends_on: {{ ref('int_kpi_weeks') }}

with attempts as (

    select
        user_id, student_id, item_id, correct, response_time_ms, attempt_no, previous_wrong_at, completed_at,
        {{ utc_day('completed_at') }} as day
    from {{ ref('attempt') }}
    where {{ known_by_as_of('completed_at') }}

)

{% if scope_of('int_kpi_core').is_whole %}
select * from attempts
{% else %}
,

-- Windows cover at most 56 days.
needed as (

    select
        user_id,
        min(as_of) - 55 as first_day
    from {{ ref('int_kpi_weeks') }}
    group by user_id

)

select attempts.*
from attempts
inner join needed on attempts.user_id = needed.user_id and attempts.day >= needed.first_day
where attempts.completed_at >= {{ utc_midnight(day_literal("select min(as_of) - 55 from " ~ ref('int_kpi_weeks'))) }}
{% endif %}
