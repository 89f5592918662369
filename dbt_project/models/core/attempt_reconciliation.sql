with answers as (

    select * from {{ ref('int_answers') }}

),

attempts as (

    select
        case when exam_result_id is null then 'attempt_log' else 'exam_results' end as source,
        count(*) as attempts
    from {{ ref('attempt') }}
    group by 1

),

rejected as (

    select source, count(*) as rejected from {{ ref('attempt_rejected') }} group by source

),

received as (

    select
        source,
        count(*) as rows_in,
        count(*) filter (where is_failed) as left_out,
        count(content_key) filter (where reason_code is null) as valid_in_log,
        count(distinct content_key) filter (where reason_code is null) as distinct_in_log
    from answers
    group by source

),

sources as (

    select source from (values ('exam_results'), ('attempt_log')) as known (source)

)

select
    sources.source,
    coalesce(received.rows_in, 0) as rows_in,
    coalesce(attempts.attempts, 0) as attempts,
    coalesce(received.valid_in_log - received.distinct_in_log, 0) as duplicates,
    coalesce(rejected.rejected, 0) as rejected,
    coalesce(received.left_out, 0) as left_out
from sources
left join received on sources.source = received.source
left join attempts on sources.source = attempts.source
left join rejected on sources.source = rejected.source
