with weeks as (

    select * from {{ ref('report_week') }}

),

days as (

    select * from {{ ref('learner_daily') }}

)

select
    weeks.report_week,
    days.user_id,
    days.active_on,
    days.attempts,
    days.correct,
    days.session_seconds
from weeks
inner join days on days.active_on between weeks.as_of - 83 and weeks.as_of
