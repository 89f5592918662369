{% snapshot question_history %}

{{ config(
    target_schema=env_var('DBT_SOURCE_SCHEMA', 'public'),
    strategy='check',
    unique_key='id',
    check_cols=['created_at'],
    hard_deletes='invalidate',
    pre_hook='{{ lock_history() }}'
) }}

select
    id,
    created_at
from {{ source('app', 'question') }}

{% endsnapshot %}
