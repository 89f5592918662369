{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'topic_id', 'date'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['user_id', 'topic_id', 'date'], 'unique': true}],
    meta={'write_times': ['computed_at'], 'changes': 'changed_learners', 'learner': 'DBT_INTERNAL_DEST.user_id',
          'day': 'DBT_INTERNAL_DEST.date'}
) }}
-- depends_on: {{ ref('changed_learner') }}

with attempts as (

    select
        *,
        {{ utc_day('completed_at') }} as date
    from {{ ref('int_topic_attempts') }}

),

days as (

    select
        user_id,
        topic_id,
        date,
        first_day,
        cast(count(*) as integer) as attempts,  -- a window sum of integer can slide; of bigint it is numeric
        cast(count(*) filter (where correct) as integer) as correct,
        avg(response_time_ms) as avg_time_ms,
        {{ median('response_time_ms') }} as rt_median,
        sum(hints) as hints,
        max(completed_at) as last_seen_at
    from attempts
    group by user_id, topic_id, date, first_day

),

compared as (

    select
        *,
        cast(sum(correct) over recent as numeric) / nullif(sum(attempts) over recent, 0) as accuracy_recent,
        cast(sum(correct) over before as numeric) / nullif(sum(attempts) over before, 0) as accuracy_before
    from days
    window
        recent as (
            partition by user_id, topic_id order by {{ day_number('date') }}
            range between 13 preceding and current row
        ),
        before as (
            partition by user_id, topic_id order by {{ day_number('date') }}
            range between 27 preceding and 14 preceding
        )

)

select
    compared.user_id,
    compared.topic_id,
    compared.date,
    attempts,
    correct,
    cast(round(avg_time_ms) as integer) as avg_time_ms,
    cast(round(cast(rt_median as numeric)) as integer) as rt_median,
    cast(hints as integer) as hints,
    cast(coalesce(in_topic.mean, overall.mean) as numeric(6, 3)) as theta_estimate,
    cast(case when in_topic.mean is null then overall.sd else in_topic.sd end as numeric(6, 3)) as theta_sd,
    cast(accuracy_recent - accuracy_before as numeric(6, 3)) as improvement,
    last_seen_at,
    {{ run_time() }} as computed_at
from compared
left join {{ ref('int_runs_by_day').render() }} as runs on runs.fit = 'irt' and compared.date = runs.day
left join {{ ref('int_topic_abilities').render() }} as in_topic
    on runs.run_id = in_topic.run_id
    and compared.user_id = in_topic.user_id and compared.topic_id = in_topic.topic_id
left join {{ ref('int_abilities').render() }} as overall
    on runs.run_id = overall.run_id and compared.user_id = overall.user_id
where compared.date >= compared.first_day
