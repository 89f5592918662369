-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

abilities as (

    select * from {{ source('irt', 'student_topic_theta') }}

)

select
    abilities.run_id,
    runs.run_as_of,
    runs.is_newest,
    abilities.fitted_at,
    abilities.user_id,
    abilities.topic_id,
    abilities.theta,
    abilities.se,
    abilities.model,
    abilities.version,
    abilities.n
from abilities
inner join runs on abilities.run_id = runs.run_id
