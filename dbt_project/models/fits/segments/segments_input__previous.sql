{{ config(contract={'enforced': true}) }}

with newest as (

    select * from {{ ref('stg_runs__published') }}
    where fit = 'segments' and run_as_of < {{ as_of() }}
    order by run_as_of desc
    limit 1

),

assignments as (

    select * from {{ ref('stg_earlier__assignments') }}

)

select
    assignments.user_id,
    assignments.segment_id
from assignments
inner join newest on assignments.run_id = newest.run_id
