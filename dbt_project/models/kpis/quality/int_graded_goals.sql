{{ config(materialized='ephemeral') }}
-- depends_on: {{ ref('changed_learner') }}

with changes as (

    select user_id, from_day from {{ changed_learners('prediction_score') }} as changed

),

-- The spread of weekly abilities about the learner's line: an observed ability differs from the line by it.
spreads as (

    select
        metas.run_id,
        cast({{ json_text('parameters.element', 'estimate') }} as double precision) as spread
    from {{ ref('stg_growth__fit_metas').render() }} as metas
    cross join lateral {{ json_elements('metas.posterior_summary') }} as parameters (element, place)
    where {{ json_text('parameters.element', 'parameter') }} = 'sigma'

),

predictions as (

    {% for fit, staged, model in [('growth', 'stg_growth__predictions', 'run_id'),
                                  ('idle_growth', 'stg_idle_growth__predictions', 'model_run_id')] %}
    select
        '{{ fit }}' as fit, run_id, {{ model }} as model_run_id, run_as_of, user_id, probability, mean, sigma, target,
        {{ monday('goal_date') }} as goal_week
    from {{ ref(staged) }}
    where goal_date > run_as_of
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

due as (

    select predictions.*
    from predictions
    left join changes on predictions.user_id = changes.user_id
    where goal_week + 6 <= {{ as_of() }} and {{ must_be_graded('goal_week + 6', 'changes.from_day') }}

),

-- The newest irt run when the goal's week ended; an older run does not cover that week.
irt_runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt' and age_days < 7

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}
    where n >= {{ setting('brms_min_answers') }} and {{ is_usable_ability('theta_wle', 'se_wle') }}

)

select
    due.*,
    due.goal_week + 6 as horizon_end,
    abilities.theta_wle,
    sqrt(power(due.sigma, 2) + power(spreads.spread, 2) + power(abilities.se_wle, 2)) as observed_sd
from due
left join spreads on due.model_run_id = spreads.run_id
left join irt_runs on due.goal_week + 6 = irt_runs.day
left join abilities
    on irt_runs.run_id = abilities.run_id
    and due.user_id = abilities.user_id
    and due.goal_week = abilities.week_start
