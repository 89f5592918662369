{{ config(materialized='view', schema='staging') }}

with exams as (

    select * from {{ ref('stg_app__exam_results') }}

),

sessions as (

    select * from {{ ref('stg_app__sessions') }}

),

goals as (

    select * from {{ ref('stg_app__interest_goals') }}

),

log_changes as (

    select
        *,
        first_loaded_at <= {{ mark_of('attempt', 'loaded_until') }} as is_read
    from {{ ref('stg_runs__log_changes') }}

)

select
    'exam_results' as source,
    cast(exams.exam_result_id as text) as key,
    exams.user_id,
    {{ utc_day('coalesce(sessions.ended_at, exams.created_at)') }} as day,
    {{ hash_columns(['exams.user_id', 'exams.session_id', 'exams.is_failed', 'exams.created_at',
                     'exams.updated_at', 'sessions.ended_at']) }} as fingerprint,
    cast(null as bigint) as fingerprint_read,
    cast(null as timestamptz) as loaded_until
from exams
left join sessions on exams.session_id = sessions.session_id

union all

select
    'session', session_id, null, null, {{ hash_columns(['started_at', 'ended_at']) }}, null, null
from sessions

union all

select
    'interest_goal', user_id, user_id, min({{ utc_day('created_at') }}),
    bit_xor({{ hash_columns(['topic_id', 'target_level', 'target_date', 'priority', 'created_at']) }}), null, null
from goals
where user_id is not null
group by user_id

union all

-- One row per day of arrival. The day is read again if the hash of the rows read before has changed. A day whose rows
-- were all deleted has the hash 0, as if it had never existed.
select
    'attempt_log', cast(day as text), null, day,
    bit_xor(fingerprint), bit_xor(fingerprint) filter (where is_read), max(last_loaded_at)
from log_changes
group by day
