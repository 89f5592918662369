-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

items as (

    select * from {{ source('irt', 'mirt_item_params') }}

)

select
    items.run_id,
    runs.run_as_of,
    runs.is_newest,
    items.fitted_at,
    items.item_id,
    items.model,
    items.params,
    items.se,
    items.n_responses,
    items.fit,
    items.status,
    items.version
from items
inner join runs on items.run_id = runs.run_id
