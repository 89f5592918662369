{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'active_on'],
    schema='staging',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['user_id', 'active_on'], 'unique': true}],
    post_hook='{{ mark_built() }}'
) }}
-- depends_on: {{ ref('int_build_scope') }}

with sessions as (

    select * from {{ ref('int_learner_sessions') }}

)

select
    user_id,
    active_on,
    cast(sum(attempts) as integer) as attempts,
    cast(sum(correct) as integer) as correct,
    cast(sum(hints_known) as integer) as hints_known,
    cast(sum(hints) as bigint) as hints,
    cast(count(*) filter (where is_begin) as integer) as sessions,
    cast(count(seconds) as integer) as timed_sessions,
    cast(round(cast(sum(seconds) as numeric)) as bigint) as session_seconds
from sessions
{%- if not from_scratch('int_learner_daily') %}
inner join {{ changed_learners('int_learner_daily') }} as changes using (user_id)
where active_on >= changes.changed_from
{%- endif %}
group by user_id, active_on
