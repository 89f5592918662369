with weeks as (

    select * from {{ ref('report_week') }}

),

days as (

    select * from {{ ref('learner_daily') }}

)

select
    weeks.report_week,
    days.user_id,
    cast(sum(days.attempts) filter (where days.active_on >= weeks.report_week) as integer) as answers,
    cast(sum(days.correct) filter (where days.active_on >= weeks.report_week) as integer) as correct,
    max(days.active_on) as last_active
from weeks
inner join days on weeks.as_of >= days.active_on
group by weeks.report_week, days.user_id
