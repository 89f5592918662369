-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

with runs as (

    select * from {{ ref('stg_runs__published') }} where fit = 'irt'

),

drifts as (

    select * from {{ source('irt', 'item_drift') }}

)

select
    drifts.run_id,
    runs.run_as_of,
    runs.is_newest,
    drifts.fitted_at,
    drifts.item_id,
    drifts.a_bank,
    drifts.b_bank,
    drifts.c_bank,
    drifts.a_recent,
    drifts.b_recent,
    drifts.c_recent,
    drifts.area_signed,
    drifts.area_unsigned,
    drifts.rmsd,
    drifts.effect_size,
    drifts.p_value,
    drifts.p_adjusted,
    drifts.n,
    drifts.is_flagged,
    drifts.is_persistent,
    drifts.is_anchor
from drifts
inner join runs on drifts.run_id = runs.run_id
