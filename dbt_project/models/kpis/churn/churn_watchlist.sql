{{ config(materialized='view') }}

with finished as (

    select * from {{ ref('finished_learners') }}

),

risks as (

    select * from {{ ref('stg_survival__risks') }} where is_newest and not is_churned

)

select
    user_id,
    run_as_of as as_of,
    risk_score,
    idle_days,
    hazard_ratio,
    {{ churn_reasons_in_words('contributions') }} as reasons
from risks
where user_id not in (select user_id from finished)
