{{ config(materialized='ephemeral') }}

with weeks as (

    select * from {{ ref('int_kpi_weeks') }}

),

retries as (

    select * from {{ ref('int_kpi_retries') }}

),

shares as (

    select
        weeks.*,
        cast(retries.items_recovered as double precision) / nullif(retries.items_retried, 0) as share
    from weeks
    left join retries on weeks.user_id = retries.user_id and weeks.as_of = retries.as_of

)

select
    user_id,
    week_start,
    as_of,
    {{ rounded('share') }} as r_t,
    case when share is null then 'no_retried_items' end as r_t_reason
from shares
