{{ config(materialized='ephemeral') }}

with risks as (

    select * from {{ ref('int_alertable_risks') }} where is_over_threshold or is_among_top

),

alertable as (

    select * from risks where {{ has_not_finished('risks', 'run_as_of') }}

),

crossings_of_days as (

    {{ crossings_of_days('alertable') }}

),

crossings as (

    {{ first_crossings('crossings_of_days') }}

),

crossings_with_return as (

    {{ with_return_day('crossings') }}

),

episodes as (

    {{ episodes_of('crossings_with_return') }}

)

select
    user_id,
    last_seen_on,
    run_as_of,
    run_id,
    resolved_on
from episodes
