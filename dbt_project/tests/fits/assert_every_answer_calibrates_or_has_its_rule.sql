-- What it finds: a number of answers that calibrate which, with those excluded by rule, is not that of `attempt`.
-- When it matters: always; an answer that is lost without a rule is missing from every ability.
-- How to resolve: compare int_irt_candidates and int_irt_answers; a rule without a line in irt_exclusions is
--     the usual cause.
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
