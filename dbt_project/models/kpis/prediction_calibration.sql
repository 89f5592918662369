with scores as (

    select * from {{ ref('int_calibration_scores') }}

),

graded as (

    select
        *,
        cast(outcome as integer) as happened,
        expected * (1 - expected) as variance,
        expected - avg(expected) over (partition by kind, week_start) as from_mean
    from scores
    where grade = 'graded'

),

left_out as (

    select
        kind,
        week_start,
        count(*) as n_left_out
    from scores
    where grade <> 'graded'
    group by kind, week_start

),

measured as (

    select
        kind,
        week_start,
        cast(count(*) as integer) as n_graded,
        avg(expected) as mean_expected,
        avg(happened) as observed_rate,
        avg(happened) - avg(expected) as gap,
        sqrt(sum(variance)) / count(*) as gap_se,
        avg(squared_error) as brier,
        avg(happened) * (1 - avg(happened)) as brier_base,
        sum(from_mean * happened) / nullif(sum(power(from_mean, 2)), 0) as slope,
        sqrt(sum(power(from_mean, 2) * variance)) / nullif(sum(power(from_mean, 2)), 0) as slope_se,
        avg(cast(is_covered as integer)) as coverage
    from graded
    where week_start + 6 <= {{ as_of() }}
    group by kind, week_start

),

judged as (

    select
        *,
        1 - brier / nullif(brier_base, 0) as skill,
        sqrt(0.9 * 0.1 / n_graded) as coverage_se,
        n_graded >= {{ setting('live_min_graded') }} as is_judged
    from measured

)

select
    judged.kind,
    judged.week_start,
    judged.n_graded,
    {% for number in ['mean_expected', 'observed_rate', 'gap', 'gap_se', 'brier', 'brier_base', 'skill', 'slope',
                      'slope_se', 'coverage', 'coverage_se'] -%}
    {{ rounded(number) }} as {{ number }},
    {% endfor -%}
    judged.is_judged,
    coalesce(left_out.n_left_out, 0) as n_left_out,
    is_judged and abs(gap) - {{ setting('live_z') }} * gap_se > {{ setting('live_gap') }} as is_gap_off,
    is_judged and (
        slope + {{ setting('live_z') }} * slope_se < {{ setting('live_slope_low') }}
        or slope - {{ setting('live_z') }} * slope_se > {{ setting('live_slope_high') }}
    ) as is_slope_off,
    is_judged and abs(coverage - 0.9) - {{ setting('live_z') }} * coverage_se > {{ setting('live_gap') }} as is_coverage_off
from judged
left join left_out on judged.kind = left_out.kind and judged.week_start = left_out.week_start
