with learners as (

    select * from {{ ref('weekly_kpi') }}

),

seats as (

    select * from {{ ref('report_seat') }}

)

select
    learners.week_start as report_week,
    learners.user_id,
    seats.classroom_id
from learners
left join seats on learners.week_start = seats.report_week and learners.user_id = seats.user_id
