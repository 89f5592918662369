with crossings as (

    select * from {{ ref('int_churn_crossings') }} where run_as_of <= {{ as_of() }}

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
