{{ config(materialized='view') }}

with metas as (

    select * from {{ source('survival', 'survival_fit_meta') }}

)

select
    metas.run_id,
    tested.term,
    tested.chisq,
    tested.p
from metas
cross join lateral {{ json_records(json_get(json_get('metas.diagnostics', 'proportional_hazards'), 'terms'), 'tested', [
    ('term', 'text'), ('chisq', 'double precision'), ('p', 'double precision')
]) }}
