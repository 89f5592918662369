with weeks as (

    select * from {{ ref('report_week') }}

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
    report_week,
    user_id,
    classroom_id
from newest_seats
