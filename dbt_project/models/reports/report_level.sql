with runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

metas as (

    select * from {{ ref('stg_irt__fit_metas') }}

),

-- Materialized, so that the large `metrics` is unpacked once per run and not once per ability.
priors as materialized (

    select
        run_id,
        {{ irt_prior('metrics', 'sd') }} as sd
    from metas

),

abilities as (

    select * from {{ ref('stg_irt__abilities') }} where theta is not null and se > 0

)

select
    runs.report_week,
    abilities.user_id,
    abilities.theta,
    abilities.se,
    {{ is_level_known('abilities.se', 'priors.sd') }} as is_known
from runs
inner join abilities on runs.run_id = abilities.run_id
left join priors on runs.run_id = priors.run_id
