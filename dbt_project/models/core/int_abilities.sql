{{ config(materialized='ephemeral') }}

with abilities as (

    select * from {{ ref('stg_irt__abilities') }}

)

select
    run_id,
    run_as_of,
    user_id,
    theta as mean,
    se as sd,
    fitted_at
from abilities
where {{ is_usable_ability('theta', 'se') }}
