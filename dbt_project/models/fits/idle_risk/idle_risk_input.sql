{{ config(contract={'enforced': true}) }}

with at_risk as (

    select * from {{ ref('survival_input__at_risk') }}

)

select *
from at_risk
where idle_days >= {{ setting('inactivity_threshold_days') }}
