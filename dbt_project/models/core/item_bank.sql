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
    {{ item_parameters() | join(',\n    ') }},
    items.n_responses,
    cast({{ json_text('items.fit', 'infit') }} as double precision) as infit,
    cast({{ json_text('items.fit', 'outfit') }} as double precision) as outfit,
    cast({{ json_text('items.fit', 'rmsd') }} as double precision) as rmsd,
    cast({{ json_text('items.fit', 'n') }} as integer) as n_fit,
    {{ json_text('items.fit', 'partner') }} as partner,
    {%- for key in ['q3', 'q3_p', 'rest_r', 'rest_p', 'c_likely', 'c_gain'] %}
    cast({{ json_text('items.fit', key) }} as double precision) as {{ key }},
    {%- endfor %}
    items.status,
    items.version,
    items.fitted_at
from items
inner join runs on items.run_id = runs.run_id
