{{ config(materialized='table', schema='staging') }}

with state as (

    select * from {{ ref('int_source_state') }}

),

seen as (

    select * from {{ ref('stg_runs__sources_seen') }}

)

select
    coalesce(state.source, seen.source) as source,
    coalesce(state.key, seen.key) as key,
    state.user_id,
    seen.user_id as user_id_before,
    state.day,
    least(state.day, seen.changed_from) as changed_from,
    state.fingerprint,
    (seen.fingerprint is distinct from state.fingerprint_read) as is_read_again,
    {{ mark_of('attempt', 'loaded_until') }} as loaded_from,
    state.loaded_until,
    {{ run_time() }} as noted_at
from state
full outer join seen on state.source = seen.source and state.key = seen.key
where state.fingerprint is distinct from seen.fingerprint
