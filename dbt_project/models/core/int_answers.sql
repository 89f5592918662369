{{ config(materialized='view', schema='staging') }}

select * from {{ ref('int_exam_answers') }}
union all
select * from {{ ref('int_log_answers') }}
