{{ config(materialized='view') }}

with finished as (

    select * from {{ ref('finished_learners') }}

),

days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ as_of() }}

),

risks as (

    {% for staged in ['stg_survival__risks', 'stg_idle_risk__risks'] %}
    select run_as_of, user_id, {{ alert_risk() }} as risk_score, idle_days, hazard_ratio, contributions, is_churned, {{ loop.index }} as place
    from {{ ref(staged) }}
    where is_newest
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

newest as (

    {{ first_of_each('risks', ['user_id'], ['user_id', 'run_as_of desc', 'place']) }}

)

select
    user_id,
    run_as_of as as_of,
    risk_score,
    idle_days,
    hazard_ratio,
    {{ churn_reasons_in_words('contributions') }} as reasons
from newest
where not is_churned
    and user_id not in (select user_id from finished)
    -- the absence that the risk describes goes on
    and not exists (
        select 1 from days
        where days.user_id = newest.user_id and days.active_on > newest.run_as_of - newest.idle_days
    )
