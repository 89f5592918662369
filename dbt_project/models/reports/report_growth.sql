-- The fit's prediction, or a newer one from its stored model; of the same day, the fit's.
with runs as (

    select * from {{ ref('report_run') }}

),

fitted as (

    select * from {{ ref('stg_growth__predictions') }}

),

carried_on as (

    select * from {{ ref('stg_idle_growth__predictions') }}

),

predictions as (

    {%- for relation in ['fitted', 'carried_on'] %}
    select
        run_id, user_id, probability, sigma, mean, lower, upper, target, goal_date, slope_mean, slope_sd,
        {{ loop.index }} as place
    from {{ relation }}
    where mean is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

known as (

    select
        runs.report_week,
        runs.run_as_of,
        predictions.*
    from runs
    inner join predictions on runs.run_id = predictions.run_id

),

newest as (

    {{ first_of_each('known', ['report_week', 'user_id'], ['report_week', 'user_id', 'run_as_of desc', 'place']) }}

)

select
    report_week,
    user_id,
    run_as_of,
    probability,
    sigma,
    mean,
    lower,
    upper,
    target,
    goal_date,
    slope_mean,
    slope_sd
from newest
