with weeks as (

    select * from {{ ref('report_week') }}

),

learners as (

    select * from {{ ref('weekly_kpi') }}

),

sessions as (

    select * from {{ ref('stg_app__sessions') }} where user_id is not null and classroom_id is not null

),

seats as (

    select
        weeks.report_week,
        sessions.user_id,
        sessions.classroom_id,
        sessions.started_at,
        sessions.session_id
    from weeks
    inner join sessions on sessions.started_at < {{ utc_midnight('(weeks.as_of + 1)') }}

),

newest_seats as (

    {{ first_of_each('seats', ['report_week', 'user_id'], ['report_week', 'user_id', 'started_at desc', 'session_id']) }}

)

select
    learners.week_start as report_week,
    learners.user_id,
    newest_seats.classroom_id
from learners
left join newest_seats on learners.week_start = newest_seats.report_week and learners.user_id = newest_seats.user_id
