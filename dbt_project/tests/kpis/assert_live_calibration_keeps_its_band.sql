-- What it finds: weeks among the last four in which the graded S or P did not match what happened: the share is off
--     by more than live_gap, the slope is outside of live_slope_low and live_slope_high, or the coverage of the
--     intervals is off.
-- When it matters: as soon as it appears; decisions rest on predictions that no longer hold, although every fit
--     passed its gates. A single week may be a holiday; two in a row mean a broken model or changed behaviour.
-- How to resolve: look at prediction_calibration, then at the runs of the weeks it names (dreamseed runs); withdraw a
--     broken run with dreamseed rollback. If behaviour changed, a shorter look-back follows it sooner.
{{ config(severity='warn') }}

with weeks as (

    select * from {{ ref('prediction_calibration') }}

)

select *
from weeks
where (is_gap_off or is_slope_off or is_coverage_off) and week_start + 6 > {{ as_of() }} - 28
