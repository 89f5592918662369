{{ config(schema='staging') }}

with sessions as (

    select * from {{ ref('int_learner_sessions') }}

)

select
    user_id,
    active_on,
    cast(sum(attempts) as integer) as attempts,
    cast(sum(correct) as integer) as correct,
    cast(sum(hints_known) as integer) as hints_known,
    cast(sum(hints) as bigint) as hints,
    cast(count(*) filter (where is_begin) as integer) as sessions,
    cast(count(seconds) as integer) as timed_sessions,
    cast(round(cast(sum(seconds) as numeric)) as bigint) as session_seconds
from sessions
group by user_id, active_on
