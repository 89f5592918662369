-- What it finds: learners with a missing week between their first and their last.
-- When it matters: always; reports and fits take the previous row as the previous week.
-- How to resolve: build again as of today. If the hole stays, look at the learner's rows in int_kpi_weeks.
select
    user_id,
    count(*) as n_weeks,
    (max(week_start) - min(week_start)) / 7 + 1 as n_expected
from {{ ref('weekly_kpi') }}
group by user_id
having count(*) <> (max(week_start) - min(week_start)) / 7 + 1
