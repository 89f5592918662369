with weekly_kpi as (

    select * from {{ ref('weekly_kpi') }}

)

select
    week_start as report_week,
    max(as_of) as as_of
from weekly_kpi
group by week_start
