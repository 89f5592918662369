{{ config(contract={'enforced': true}) }}

with runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'growth' and day = {{ as_of() }}

),

metas as (

    select * from {{ ref('stg_growth__fit_metas') }}

)

select
    runs.run_id as model_run_id,
    runs.age_days as model_age_days,
    cast({{ setting('model_max_age_days') }} as integer) as model_max_age_days,
    metas.posterior as posterior
from runs
inner join metas on runs.run_id = metas.run_id
where {{ json_text('metas.posterior', 'family') }} = 'gaussian'
