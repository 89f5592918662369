{{ config(materialized='ephemeral') }}

with days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

)

select
    user_id,
    {{ as_of() }} - max(active_on) as idle_days
from days
group by user_id
having {{ as_of() }} - max(active_on) >= {{ setting('inactivity_threshold_days') }}
