with attempt_log as (

    select distinct user_id from {{ ref('stg_app__attempt_log') }}

),

exam_results as (

    select distinct user_id from {{ ref('stg_app__exam_results') }}

),

sessions as (

    select distinct user_id from {{ ref('stg_app__sessions') }}

),

goals as (

    select distinct user_id from {{ ref('stg_app__interest_goals') }}

),

learners as (

    select user_id from attempt_log
    union
    select user_id from exam_results
    union
    select user_id from sessions
    union
    select user_id from goals

)

select
    user_id,
    {{ student_uuid('user_id') }} as student_id
from learners
where user_id is not null
