{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['item_id'],
    schema='staging',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['item_id'], 'unique': true}],
    meta={'changes': 'changed_learners', 'key': 'student_id', 'learner': 'DBT_INTERNAL_DEST.student_id',
          'day': 'DBT_INTERNAL_DEST.first_answered_on', 'up_to_as_of': false}
) }}
-- depends_on: {{ ref('changed_learner') }}
{% set changed = changed_learners('int_item_first_answers') ~ " as changed" %}
{% set is_whole = scope_of('int_item_first_answers').is_whole %}

-- What is read twice would be kept whole, so both ways read no more than they need.
with attempts as (

    select item_id, student_id, completed_at
    from {{ ref('attempt') }}
    {% if not is_whole %}where completed_at >= {{ utc_midnight(first_changed_day('int_item_first_answers')) }}{% endif %}

),

{% if is_whole %}
-- The first moments are found without a sort of all answers.
first_moments as (

    select
        item_id,
        min(completed_at) as completed_at
    from {{ ref('attempt') }}
    group by item_id

),

candidates as (

    select attempts.*
    from attempts
    inner join first_moments using (item_id, completed_at)

),
{% else %}
-- Items whose first answer may have changed: another learner's answer may be the first one now.
open_items as (

    select held.item_id
    from {{ this }} as held
    inner join {{ changed }} on held.student_id = changed.student_id and held.first_answered_on >= changed.from_day

),

candidates as (

    select item_id, student_id, completed_at from {{ this }} where item_id not in (select item_id from open_items)
    union all
    select attempts.*
    from attempts
    inner join open_items using (item_id)
    union all
    select attempts.*
    from attempts
    inner join {{ changed }} on attempts.student_id = changed.student_id
    where {{ utc_day('attempts.completed_at') }} >= changed.from_day

),
{% endif %}

firsts as (

    {{ first_of_each('candidates', ['item_id'], ['item_id', 'completed_at', 'student_id']) }}

)

select
    item_id,
    student_id,
    completed_at,
    {{ utc_day('completed_at') }} as first_answered_on
from firsts
