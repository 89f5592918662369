{{ config(materialized='view') }}

with risks as (

    select * from {{ ref('stg_survival__risks') }} where is_newest and not is_churned

),

-- An effect of less than half a percent is not listed.
reasons as (

    select
        user_id,
        {{ dbt.listagg("label || ' (' || " ~ percent('effect - 1') ~ " || ')'", "'; '", 'order by place') }} as reasons
    from {{ churn_reasons('risks') }} as listed
    where place <= 3 and effect < 0.995
    group by user_id

)

select
    risks.user_id,
    risks.run_as_of as as_of,
    risks.risk_score,
    risks.idle_days,
    risks.hazard_ratio,
    coalesce(reasons.reasons, 'days without an answer') as reasons
from risks
left join reasons on risks.user_id = reasons.user_id
