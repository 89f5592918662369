-- What it finds: weeks of the last four whose graded S or P were not what happened: the share is off by more than
--     live_gap, the slope outside of live_slope_low and live_slope_high, or the intervals' coverage off.
-- When it matters: as soon as it appears; decisions rest on predictions that no longer hold, though every fit
--     passed its gates. A single week may be a holiday; two in a row are a broken model or another behaviour.
-- How to resolve: look at prediction_calibration, then at the runs of the weeks it names (dreamseed runs); withdraw
--     a broken run with dreamseed rollback. Where behaviour changed, a shorter look-back follows it sooner.
{{ config(severity='warn') }}

with weeks as (

    select * from {{ ref('prediction_calibration') }}

)

select *
from weeks
where (is_gap_off or is_slope_off or is_coverage_off) and week_start + 6 > {{ as_of() }} - 28
