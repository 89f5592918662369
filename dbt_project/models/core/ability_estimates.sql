with runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt' and day = {{ as_of() }}

),

abilities as (

    select * from {{ ref('int_abilities') }}

)

select
    abilities.user_id,
    abilities.mean,
    abilities.sd,
    abilities.fitted_at
from abilities
inner join runs on abilities.run_id = runs.run_id
