{{ config(contract={'enforced': true}) }}

with goals as (

    select * from {{ ref('growth_input__goals') }}

),

idle as (

    select * from {{ ref('int_idle_learners') }}

)

select goals.*
from goals
inner join idle on goals.user_id = idle.user_id
