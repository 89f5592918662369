{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

retries as (

    select * from {{ ref('int_kpi_retries') }}

),

counted as (

    select
        weeks.*,
        coalesce(retries.items_retried, 0) as items_retried,
        retries.items_recovered
    from weeks
    left join retries on weeks.user_id = retries.user_id and weeks.as_of = retries.as_of

),

judged as (

    select
        *,
        case
            when items_retried = 0 then 'no_retried_items'
            when items_retried < 3 then 'too_few_retried_items'
        end as r_t_reason
    from counted

)

select
    user_id,
    week_start,
    as_of,
    case when r_t_reason is null then {{ rounded('cast(items_recovered as double precision) / items_retried') }} end
        as r_t,
    r_t_reason
from judged
