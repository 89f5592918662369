{{ config(contract={'enforced': true}) }}

with at_risk as (

    select * from {{ ref('survival_input__at_risk') }}

)

select *
from at_risk
