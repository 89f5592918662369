{{ config(materialized='ephemeral') }}

with attempts as (

    select * from {{ ref('attempt') }}

),

windows as (

    select
        {{ utc_midnight('calibrated_from') }} as calibrated_from,
        {{ utc_midnight('scored_from') }} as scored_from
    from {{ ref('int_irt_windows') }}

)

-- The first rule that holds is the one that excludes; the rules of learners and items come after these.
select
    attempts.user_id,
    attempts.item_id,
    attempts.topic_id,
    attempts.completed_at,
    attempts.correct,
    attempts.completed_at >= windows.calibrated_from as is_in_window,
    attempts.completed_at >= windows.scored_from as is_scored,
    case
        when not {{ known_by_as_of('attempts.completed_at') }} then 'after_as_of'
        when attempts.completed_at < least(windows.calibrated_from, windows.scored_from) then 'before_look_back'
        when not attempts.is_first_attempt then 'not_the_first_attempt'
        when not attempts.is_unassisted then 'hint_used'
        when attempts.response_time_ms < {{ setting('mirt_rapid_guess_ms') }} then 'rapid_guess'
    end as rule
from attempts
cross join windows
