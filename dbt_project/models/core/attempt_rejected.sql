{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['id'],
    on_schema_change='append_new_columns',
    post_hook='{{ mark_rejected_built() }}'
) }}
-- depends_on: {{ ref('int_answers') }}, {{ ref('int_new_answers') }}, {{ ref('int_source_changes') }}

with answers as (

    select * from {{ ref('int_answers') if from_scratch('attempt_rejected') else ref('int_new_answers') }}

)

select
    id,
    source,
    source_key,
    position,
    reason_code,
    raw_element,
    user_id,
    completed_at,
    arrived_at
from answers
where reason_code is not null
