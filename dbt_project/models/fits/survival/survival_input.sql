{{ config(contract={'enforced': true}) }}

with days as (

    select * from {{ ref('int_survival_days') }}

),

weeks as (

    select * from {{ ref('int_kpi_core') }}

),

-- A gap looks back on 28 school days; for the days before, running sums are enough.
past as (

    select
        user_id,
        min(active_on) as first_on,
        sum(attempts) as answers
    from days
    where not is_in_reach
    group by user_id

),

gaps as (

    select
        days.user_id,
        active_on,
        lead(active_on) over (partition by days.user_id order by active_on) as returned_on,
        least(past.first_on, min(active_on) over so_far) as first_on,
        coalesce(past.answers, 0) + sum(attempts) over so_far as total_answers,
        days.items_left,
        days.items_solved,
        sum(attempts) over last_28 as answers,
        sum(correct) over last_28 as correct,
        count(*) over last_28 as active_days,
        school_day - min(school_day) over last_28 as active_span,
        {{ monday('active_on + 1') }} - 1 as last_sunday
    from days
    left join past on days.user_id = past.user_id
    where is_in_reach
    window
        so_far as (partition by days.user_id order by {{ day_number('active_on') }} range unbounded preceding),
        last_28 as (
            partition by days.user_id order by school_day
            range between 27 preceding and current row
        )

)

select
    gaps.user_id,
    gaps.active_on as gap_started_on,
    coalesce(gaps.returned_on, {{ as_of() }}) - gaps.active_on as observed_gap_days,
    gaps.returned_on is not null as returned,
    {{ rounded('ln(gaps.answers)') }} as log_answers,
    {{ rounded('ln(gaps.active_days)') }} as log_active_days,
    {{ rounded('ln(cast(gaps.active_span as double precision) / nullif(gaps.active_days - 1, 0))') }}
        as log_mean_gap,
    {{ rounded('cast(gaps.correct as double precision) / gaps.answers') }} as accuracy,
    {{ rounded('ln(gaps.active_on - gaps.first_on + 1)') }} as log_tenure,
    {{ rounded('ln(gaps.total_answers)') }} as log_total_answers,
    cast(gaps.active_on = gaps.first_on as integer) as is_first_day,
    {{ rounded('ln(1 + gaps.items_left)') }} as log_items_left,
    cast(gaps.items_left = 0 as integer) as is_all_solved,
    {{ rounded('ln(1 + gaps.items_solved)') }} as log_newly_solved,
    weeks.a_t,
    weeks.e_t,
    weeks.r_t
from gaps
left join weeks on gaps.user_id = weeks.user_id and gaps.last_sunday = weeks.as_of
where gaps.active_on > {{ day_before_first_gap() }}
