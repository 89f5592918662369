with runs as (

    select * from {{ ref('report_run') }} where fit = 'forecast'

),

points as (

    select * from {{ ref('stg_forecast__points') }}
    where metric = 'I_t' and scope = 'all' and kind in ('one_step', 'forecast')

)

select
    runs.report_week,
    points.week_start,
    points.value,
    points.yhat as expected,
    points.yhat_lower as lower,
    points.yhat_upper as upper,
    coalesce(points.judgement = 'anomaly', false) as is_unusual
from runs
inner join points on runs.run_id = points.run_id and points.week_start > runs.report_week - 84
