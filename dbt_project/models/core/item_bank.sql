{{ config(post_hook="{{ update_question_meta() }}") }}

with runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt' and day = {{ as_of() }}

),

items as (

    select * from {{ ref('stg_irt__items') }}

)

select
    items.item_id,
    items.model,
    cast({{ json_text('items.params', 'a') }} as double precision) as a,
    cast({{ json_text('items.params', 'b') }} as double precision) as b,
    cast({{ json_text('items.params', 'c') }} as double precision) as c,
    cast({{ json_text('items.se', 'a') }} as double precision) as se_a,
    cast({{ json_text('items.se', 'b') }} as double precision) as se_b,
    cast({{ json_text('items.se', 'c') }} as double precision) as se_c,
    items.n_responses,
    cast({{ json_text('items.fit', 'infit') }} as double precision) as infit,
    cast({{ json_text('items.fit', 'outfit') }} as double precision) as outfit,
    cast({{ json_text('items.fit', 'rmsd') }} as double precision) as rmsd,
    cast({{ json_text('items.fit', 'n') }} as integer) as n_fit,
    items.status,
    items.version,
    items.fitted_at
from items
inner join runs on items.run_id = runs.run_id
