with anomalies as (

    select * from {{ ref('stg_forecast__anomalies') }} where is_newest

)

select
    metric,
    scope,
    week_start,
    value,
    expected,
    anomaly_score,
    detected_at
from anomalies
