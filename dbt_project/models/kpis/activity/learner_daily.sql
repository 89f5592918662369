{{ config(materialized='view') }}

with days as (

    select * from {{ ref('int_learner_daily') }}

)

select
    user_id,
    active_on,
    attempts,
    correct,
    sessions,
    session_seconds
from days
