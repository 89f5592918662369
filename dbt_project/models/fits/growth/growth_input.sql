{{ config(contract={'enforced': true}) }}

with runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt' and day = {{ as_of() }}

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}
    where n >= {{ var('brms_min_answers') }} and {{ is_usable_ability('theta_wle', 'se_wle') }}

)

select
    abilities.user_id,
    abilities.week_start as week,
    abilities.theta_wle as score,
    abilities.se_wle as se
from abilities
inner join runs on abilities.run_id = runs.run_id
where abilities.week_start > {{ monday(as_of()) }} - 7 * {{ var('lookback_weeks') }}
    and abilities.week_start <= {{ as_of() }}
