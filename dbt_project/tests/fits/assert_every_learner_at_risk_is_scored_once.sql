-- What it finds: learners who were active in the look-back but are not in survival_input__at_risk, or the reverse.
-- When it matters: always; a learner who is left out keeps the heuristic and is missing from the list of learners at
--     risk.
-- How to resolve: each such learner must have exactly one open gap; compare survival_input with int_learner_daily.
with active as (

    select distinct user_id
    from {{ ref('int_learner_daily') }}
    where active_on > {{ as_of() }} - {{ setting('survival_lookback_days') }} and active_on <= {{ as_of() }}

)

select
    active.user_id as active_user_id,
    at_risk.user_id as at_risk_user_id
from active
full outer join (select * from {{ ref('survival_input__at_risk') }}) as at_risk on active.user_id = at_risk.user_id
where active.user_id is null or at_risk.user_id is null
