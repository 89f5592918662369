with learners as (

    select * from {{ ref('weekly_kpi') }}

),

right_answers as (

    select * from {{ ref('attempt') }} where correct

)

select
    learners.week_start as report_week,
    learners.user_id,
    array_agg(distinct right_answers.item_id) as items
from learners
inner join right_answers
    on learners.user_id = right_answers.user_id
    and right_answers.completed_at >= {{ utc_midnight('(learners.as_of - 55)') }}
    and right_answers.completed_at < {{ utc_midnight('(learners.as_of + 1)') }}
group by learners.week_start, learners.user_id
