with runs as (

    select * from {{ ref('report_run') }} where fit = 'irt'

),

abilities as (

    select * from {{ ref('stg_irt__abilities') }} where theta is not null and se > 0

)

select
    runs.report_week,
    abilities.user_id,
    abilities.theta,
    abilities.se
from runs
inner join abilities on runs.run_id = abilities.run_id
