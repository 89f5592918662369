with crossings as (

    select * from {{ ref('int_churn_crossings') }} where run_as_of <= {{ as_of() }}

),

days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

placed as (

    select
        crossings.*,
        (
            select min(days.active_on) from days
            where days.user_id = crossings.user_id and days.active_on > crossings.run_as_of
        ) as resolved_on
    from crossings

),

-- All crossings before one return are one episode: an answer that arrives late must not alert again.
episodes as (

    {{ first_of_each('placed', ['user_id', 'resolved_on'], ['user_id', 'resolved_on', 'run_as_of']) }}

)

select
    user_id,
    run_as_of as first_alerted_on,
    last_seen_on,
    resolved_on,
    risk_score,
    threshold,
    top_threshold,
    rule,
    reasons,
    run_id
from episodes
