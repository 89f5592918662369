{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'last_seen_on'],
    schema='staging',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['user_id', 'last_seen_on'], 'unique': true}],
    meta={'day': 'DBT_INTERNAL_DEST.run_as_of'}
) }}
-- depends_on: {{ ref('stg_runs__pruned') }}
{% set scope = scope_of('int_churn_crossings') %}

with risks as (

    select * from {{ ref('int_alertable_risks') }} where is_over_threshold or is_among_top

),

crossings as (

    select * from risks
    {%- if not scope.is_whole %}
    where run_as_of >= {{ scope.everyone_from }}
        and not exists (
            select 1 from {{ this }} as held
            where held.user_id = risks.user_id and held.last_seen_on = risks.last_seen_on
                and held.run_as_of < {{ scope.everyone_from }}
        )
    {%- endif %}

),

firsts as (

    {{ first_crossings('crossings') }}

),

reasons as (

    select
        run_id,
        user_id,
        {{ dbt.listagg("label || ' (' || " ~ percent('share') ~ " || ')'", "'; '", 'order by place') }} as reasons
    from {{ churn_reasons('firsts') }} as listed
    where place <= 3
    group by run_id, user_id

),

alerts as (

    select
        firsts.user_id,
        firsts.last_seen_on,
        firsts.run_id,
        firsts.run_as_of,
        firsts.risk_score,
        cast({{ setting('churn_alert_threshold') }} as double precision) as threshold,
        firsts.top_threshold,
        case when not is_among_top then 'threshold' when is_over_threshold then 'threshold and top' else 'top' end as rule,
        coalesce(reasons.reasons, 'days without an answer') as reasons
    from firsts
    left join reasons on firsts.run_id = reasons.run_id and firsts.user_id = reasons.user_id
    {{ and_rows_of_pruned_runs(['user_id', 'last_seen_on', 'run_id', 'run_as_of', 'risk_score', 'threshold',
                                'top_threshold', 'rule', 'reasons']) }}

)

{{ first_of_each('alerts', ['user_id', 'last_seen_on'], ['user_id', 'last_seen_on', 'run_as_of']) }}
