{{ config(materialized='view', schema='staging') }}

with changes as (

    select * from {{ ref('stg_runs__learner_changes') }}

),

scopes as (

    select * from {{ ref('stg_runs__build_scopes') }}

)

select
    scopes.model,
    changes.user_id,
    changes.student_id,
    min(changes.from_day) as from_day
from scopes
inner join changes on scopes.after_change < changes.change_no and scopes.upto_change >= changes.change_no
group by scopes.model, changes.user_id, changes.student_id
