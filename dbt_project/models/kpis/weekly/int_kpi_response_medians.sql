{{ config(schema='staging', tags=['scoped']) }}

with answers as (

    select * from {{ ref('int_kpi_attempts') }} where correct and response_time_ms is not null

),

-- Each week compares the 28 days up to its as_of with the 28 days before.
windows as (

    select as_of as window_end from {{ ref('int_kpi_weeks') }}
    union
    select as_of - 28 from {{ ref('int_kpi_weeks') }}

),

-- One row per day of a window, so that answers join by day and not by a range.
days as (

    select
        window_end,
        window_end - days.age as day
    from windows
    cross join generate_series(0, 27) as days (age)

)

select
    answers.user_id,
    days.window_end,
    cast(count(*) as integer) as n_answers,
    {{ median('answers.response_time_ms') }} as median_ms
from answers
inner join days on answers.day = days.day
group by answers.user_id, days.window_end
