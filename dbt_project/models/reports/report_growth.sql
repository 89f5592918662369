-- The fit's prediction, or a newer one from its stored model; of the same day, the fit's. Only where the week's P comes
-- from it: beside a P of another method it would be a second answer to the same question.
with kpis as (

    select * from {{ ref('weekly_kpi_flat') }} where p_method = 'bayesian'

),

runs as (

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
    where mean is not null and probability is not null and sigma is not null
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
    newest.report_week,
    newest.user_id,
    newest.run_as_of,
    newest.probability,
    newest.sigma,
    newest.mean,
    newest.lower,
    newest.upper,
    newest.target,
    newest.goal_date,
    newest.slope_mean,
    newest.slope_sd
from newest
inner join kpis on newest.report_week = kpis.week_start and newest.user_id = kpis.user_id
