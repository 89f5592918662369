with anomalies as (

    select * from {{ ref('metric_anomaly') }}

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
