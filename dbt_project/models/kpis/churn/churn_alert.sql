with risks as (

    select * from {{ ref('int_churn_crossings') }} where run_as_of <= {{ as_of() }}

),

alertable as (

    select * from risks where {{ has_not_finished('risks', 'run_as_of') }}

),

crossings as (

    {{ first_crossings('alertable') }}

),

crossings_with_return as (

    {{ with_return_day('crossings') }}

),

episodes as (

    {{ episodes_of('crossings_with_return') }}

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
