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
    log_items_left,
    is_all_solved,
    log_newly_solved,
    a_t,
    e_t,
    r_t
from gaps
where not returned and gap_started_on > {{ as_of() }} - {{ setting('survival_lookback_days') }}
