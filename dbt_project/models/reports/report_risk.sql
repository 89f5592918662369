-- The fit's risk, or a newer one from its stored model; of the same day, the fit's. A risk counts while the absence that
-- it describes goes on.
with runs as (

    select * from {{ ref('report_run') }}

),

fitted as (

    select * from {{ ref('stg_survival__risks') }}

),

scored_again as (

    select * from {{ ref('stg_idle_risk__risks') }}

),

activity as (

    select * from {{ ref('report_activity') }}

),

risks as (

    {%- for relation in ['fitted', 'scored_again'] %}
    select run_id, user_id, {{ alert_risk() }} as risk_score, idle_days, horizon_days, contributions, {{ loop.index }} as place
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

known as (

    select
        runs.report_week,
        runs.run_as_of,
        risks.*
    from runs
    inner join risks on runs.run_id = risks.run_id
    inner join activity
        on runs.report_week = activity.report_week
        and risks.user_id = activity.user_id
        and runs.run_as_of - risks.idle_days = activity.last_active

),

newest as (

    {{ first_of_each('known', ['report_week', 'user_id'], ['report_week', 'user_id', 'run_as_of desc', 'place']) }}

)

select
    report_week,
    user_id,
    run_as_of,
    risk_score,
    idle_days,
    horizon_days,
    contributions,
    {{ main_churn_reasons('contributions') }} as reasons
from newest
