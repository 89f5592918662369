-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

abilities as (

    select * from {{ source('irt', 'ability_weekly') }}

)

select
    abilities.run_id,
    runs.run_as_of,
    runs.is_newest,
    abilities.fitted_at,
    abilities.user_id,
    abilities.week_start,
    abilities.theta_wle,
    abilities.se_wle,
    abilities.theta_eap,
    abilities.se_eap,
    abilities.n
from abilities
inner join runs on abilities.run_id = runs.run_id
