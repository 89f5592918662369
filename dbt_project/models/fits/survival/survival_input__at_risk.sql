{{ config(contract={'enforced': true}) }}

with gaps as (

    select * from {{ ref('survival_input') }}

)

select
    user_id,
    observed_gap_days as idle_days,
    log_answers,
    log_active_days,
    log_mean_gap,
    accuracy,
    log_tenure,
    log_total_answers,
    is_first_day,
    a_t,
    e_t,
    r_t
from gaps
where not returned
