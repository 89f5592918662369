{{ config(contract={'enforced': true}) }}

with closed as (

    select * from {{ ref('int_closed_days') }}

)

-- As far back as the earliest gap, and as far ahead as the horizon.
select day
from closed
where day > {{ day_before_first_gap() }} and day <= {{ as_of() }} + {{ setting('survival_event_threshold_days') }}
