{{ config(contract={'enforced': true}) }}

with runs as (

    select
        run_id,
        run_as_of,
        row_number() over (order by run_as_of desc) as place
    from {{ ref('stg_runs__published') }}
    where fit = 'irt' and run_as_of < {{ as_of() }}

),

items as (

    select * from {{ ref('stg_earlier__items') }}

),

drifts as (

    select * from {{ ref('stg_earlier__drifts') }} where run_as_of < {{ as_of() }}

),

questions as (

    select * from {{ ref('stg_app__questions') }}

),

-- The window before this one: nightly windows overlap, and the same answers must not speak twice.
window_before as (

    select max(run_as_of) as run_as_of
    from runs
    where run_as_of <= {{ as_of() }} - {{ setting('mirt_lookback_days') }}

),

drifted as (

    select
        drifts.item_id,
        coalesce(bool_or(drifts.is_flagged and drifts.run_as_of = window_before.run_as_of), false) as was_flagged,
        bool_or(drifts.is_persistent) as has_drifted
    from drifts
    cross join window_before
    group by drifts.item_id

)

select
    items.item_id,
    items.a,
    items.b,
    items.c,
    items.se_a,
    items.se_b,
    items.se_c,
    items.cov_ab,
    items.n_responses,
    cast(items.item_fit as text) as item_fit,
    items.status,
    items.model,
    items.version,
    items.status = 'operational' and not coalesce(drifted.has_drifted, false) as fixed,
    coalesce(questions.is_anchor, false) as is_preferred,
    coalesce(drifted.was_flagged, false) as was_flagged
from items
inner join runs on items.run_id = runs.run_id
left join drifted on items.item_id = drifted.item_id
left join questions on items.item_id = questions.item_id
where runs.place = 1
