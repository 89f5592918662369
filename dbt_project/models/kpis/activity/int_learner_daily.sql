{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'active_on'],
    schema='staging',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['user_id', 'active_on'], 'unique': true}],
    meta={'changes': 'changed_learners', 'learner': 'DBT_INTERNAL_DEST.user_id', 'day': 'DBT_INTERNAL_DEST.active_on',
          'up_to_as_of': false}
) }}
-- depends_on: {{ ref('changed_learner') }}

with sessions as (

    select * from {{ ref('int_learner_sessions') }}

)

select
    user_id,
    active_on,
    cast(sum(attempts) as integer) as attempts,
    cast(sum(correct) as integer) as correct,
    cast(sum(items_solved) as integer) as items_solved,
    cast(sum(hints_known) as integer) as hints_known,
    cast(sum(hints) as bigint) as hints,
    cast(count(*) filter (where is_begin) as integer) as sessions,
    cast(count(*) filter (where is_timed_begin) as integer) as timed_sessions,
    cast(round(cast(sum(seconds) as numeric)) as bigint) as session_seconds,
    cast(round(cast(sum(seconds) * 1000000 as numeric)) as bigint) as session_microseconds
from sessions
{%- if not scope_of('int_learner_daily').is_whole %}
inner join {{ changed_learners('int_learner_daily') }} as changed using (user_id)
where active_on >= changed.from_day
{%- endif %}
group by user_id, active_on
