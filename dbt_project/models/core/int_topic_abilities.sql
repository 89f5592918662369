{{ config(materialized='ephemeral') }}

with abilities as (

    select * from {{ ref('stg_irt__topic_abilities') }}

)

select
    run_id,
    user_id,
    topic_id,
    theta as mean,
    se as sd
from abilities
where {{ is_usable_ability('theta', 'se') }}
