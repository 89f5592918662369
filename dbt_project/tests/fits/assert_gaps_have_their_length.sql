-- What it finds: gaps that ended on the day they began, that are longer than the time observed, or that were observed
--     for less than 0 days.
-- When it matters: always; the survival fit explains the length of the gaps.
-- How to resolve: look at the learner's days in int_learner_daily; they must be whole UTC days, one row each.
select *
from {{ ref('survival_input') }}
where observed_gap_days < case when returned then 1 else 0 end
    or gap_started_on + observed_gap_days > {{ as_of() }}
    or (not returned and gap_started_on + observed_gap_days <> {{ as_of() }})
