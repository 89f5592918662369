{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

items as (

    select * from {{ source('earlier', 'mirt_item_params') }}

)

select
    items.run_id,
    runs.run_as_of,
    items.item_id,
    items.model,
    cast({{ json_text('items.params', 'a') }} as double precision) as a,
    cast({{ json_text('items.params', 'b') }} as double precision) as b,
    cast({{ json_text('items.params', 'c') }} as double precision) as c,
    cast({{ json_text('items.se', 'a') }} as double precision) as se_a,
    cast({{ json_text('items.se', 'b') }} as double precision) as se_b,
    cast({{ json_text('items.se', 'c') }} as double precision) as se_c,
    cast({{ json_text('items.se', 'cov_ab') }} as double precision) as cov_ab,
    items.n_responses,
    items.fit as item_fit,
    items.status,
    items.version
from items
inner join runs on items.run_id = runs.run_id
