{{ config(materialized='ephemeral') }}

with risks as (

    select * from {{ ref('int_alertable_risks') }} where is_over_threshold or is_among_top

),

days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

crossings as (

    {{ first_of_each('risks', ['user_id', 'last_seen_on'],
                     ['user_id', 'last_seen_on', 'run_as_of', 'model_run_id nulls first']) }}

),

placed as (

    select
        crossings.user_id,
        crossings.last_seen_on,
        crossings.run_as_of,
        crossings.run_id,
        (
            select min(days.active_on) from days
            where days.user_id = crossings.user_id and days.active_on > crossings.run_as_of
        ) as resolved_on
    from crossings

)

{{ first_of_each('placed', ['user_id', 'resolved_on'], ['user_id', 'resolved_on', 'run_as_of']) }}
