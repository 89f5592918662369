{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

drifts as (

    select * from {{ source('earlier', 'item_drift') }}

)

select
    drifts.run_id,
    runs.run_as_of,
    drifts.item_id,
    drifts.is_flagged,
    drifts.is_persistent
from drifts
inner join runs on drifts.run_id = runs.run_id
