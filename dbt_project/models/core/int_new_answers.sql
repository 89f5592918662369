{{ config(materialized='view', schema='staging') }}

with changes as (

    select * from {{ ref('int_source_changes') }}

),

exam_answers as (

    select * from {{ ref('int_exam_answers') }}
    where exam_result_id in (select cast(key as uuid) from changes where source = 'exam_results')

),

log_answers as (

    select * from {{ ref('int_log_answers') }}
    where arrived_at > coalesce((select max(loaded_from) from changes), '-infinity')
        and arrived_at <= (select max(loaded_until) from changes)

),

log_answers_read_again as (

    select * from {{ ref('int_log_answers') }}
    where {{ utc_day('arrived_at') }} in (select day from changes where source = 'attempt_log' and is_read_again)
        and arrived_at <= (select max(loaded_from) from changes)

)

select * from exam_answers
union all
select * from log_answers
union all
select * from log_answers_read_again
