-- What it finds: a learner whose report shows a growth prediction that is not the one behind P and sigma.
-- When it matters: in the last two weeks; a page would answer the same question with two numbers.
-- How to resolve: `report_growth` and `int_kpi_goal` choose between the fit and the scoring of idle learners; let both
--     choose by the same rule.
select
    growth.report_week,
    growth.user_id,
    growth.probability,
    kpis.p
from {{ ref('report_growth') }} as growth
inner join {{ ref('weekly_kpi_flat') }} as kpis
    on growth.report_week = kpis.week_start and growth.user_id = kpis.user_id
where
    growth.report_week > {{ as_of() }} - 14
    and (kpis.p <> {{ rounded('growth.probability') }} or kpis.sigma <> {{ rounded('growth.sigma') }})
