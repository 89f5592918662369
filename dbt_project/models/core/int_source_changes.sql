{{ config(materialized='table', schema='staging') }}

with state as (

    select * from {{ ref('int_source_state') }}

),

last_read as (

    select * from {{ ref('stg_runs__sources_seen') }}

)

select
    coalesce(state.source, last_read.source) as source,
    coalesce(state.key, last_read.key) as key,
    state.user_id,
    last_read.user_id as user_id_before,
    state.day,
    least(state.day, last_read.changed_from) as changed_from,
    state.fingerprint,
    (last_read.fingerprint is distinct from state.fingerprint_read) as is_read_again,
    {{ mark_of('attempt', 'loaded_until') }} as loaded_from,
    state.loaded_until,
    {{ run_time() }} as noted_at
from state
full outer join last_read on state.source = last_read.source and state.key = last_read.key
where state.fingerprint is distinct from last_read.fingerprint
