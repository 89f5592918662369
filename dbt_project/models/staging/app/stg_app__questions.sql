with questions as (

    select * from {{ source('app', 'question') }}

),

parts as (

    select
        *,
        {{ json_get('meta', 'irt') }} as irt,
        {{ json_get('meta', 'tags') }} as tags
    from questions

)

select
    cast(id as text) as item_id,
    content,
    difficulty,
    {{ blank_to_null('topic_id') }} as topic_id,
    cast({{ safe_numeric(json_text('irt', 'a')) }} as double precision) as irt_a,
    cast({{ safe_numeric(json_text('irt', 'b')) }} as double precision) as irt_b,
    cast({{ safe_numeric(json_text('irt', 'c')) }} as double precision) as irt_c,
    {{ json_text('irt', 'model') }} as irt_model,
    {{ json_text('irt', 'version') }} as irt_version,
    {{ json_has('tags', 'anchor') }} as is_anchor,
    created_at,
    updated_at
from parts
