{{ config(materialized='ephemeral') }}

with bank as (

    select count(*) as n_items from {{ ref('irt_input__anchors') }}

),

days as (

    select
        n_items = 0 as is_founding,
        {{ as_of() }} - {{ setting('mirt_lookback_days') }} + 1 as looked_back_from,
        {{ monday(as_of()) }} - 7 * ({{ setting('lookback_weeks') }} - 1) as scored_from
    from bank

)

select
    is_founding,
    case when is_founding then cast('-infinity' as date) else looked_back_from end as calibrated_from,
    least(scored_from, {{ monday('looked_back_from') }}) as scored_from
from days
