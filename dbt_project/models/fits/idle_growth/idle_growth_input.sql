{{ config(contract={'enforced': true}) }}

with inputs as (

    select * from {{ ref('growth_input') }}

),

idle as (

    select * from {{ ref('int_idle_learners') }}

)

select inputs.*
from inputs
inner join idle on inputs.user_id = idle.user_id
