{{ config(contract={'enforced': true}) }}

with runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'survival' and day = {{ as_of() }}

),

metas as (

    select * from {{ ref('stg_survival__fit_metas') }}

)

select
    runs.run_id as model_run_id,
    runs.age_days as model_age_days,
    cast({{ setting('model_max_age_days') }} as integer) as model_max_age_days,
    {{ json_get('metas.diagnostics', 'model') }} as model
from runs
inner join metas on runs.run_id = metas.run_id
where {{ json_get('metas.diagnostics', 'model') }} is not null
