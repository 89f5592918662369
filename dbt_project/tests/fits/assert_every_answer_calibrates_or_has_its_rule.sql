-- What it finds: a difference between the answers in `attempt` and the answers that calibrate plus those excluded by
--     a rule.
-- When it matters: always; an answer that is lost without a rule is missing from every ability.
-- How to resolve: compare int_irt_candidates and int_irt_answers; the usual cause is a rule that is not listed in
--     irt_exclusions.
with attempts as (

    select count(*) as n from {{ ref('attempt') }}

),

calibrated as (

    select count(*) as n from {{ ref('irt_input') }} where is_calibrated

),

excluded as (

    select sum(n_answers) as n from {{ ref('irt_exclusions') }}

)

select
    attempts.n as n_attempts,
    calibrated.n as n_calibrated,
    excluded.n as n_excluded
from attempts
cross join calibrated
cross join excluded
where attempts.n <> calibrated.n + excluded.n
