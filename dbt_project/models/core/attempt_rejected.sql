{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['id'],
    on_schema_change='append_new_columns',
    meta={'changes': 'changed_learners', 'learner': "coalesce(DBT_INTERNAL_DEST.user_id, '')",
          'day': answer_day('DBT_INTERNAL_DEST.completed_at'), 'up_to_as_of': false}
) }}
-- depends_on: {{ ref('int_answers') }}, {{ ref('int_exam_answers') }}, {{ ref('int_log_answers') }}
-- depends_on: {{ ref('changed_learner') }}

with answers as (

    {{ answers_in_scope('attempt_rejected') }}

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
