{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['user_id', 'last_seen_on', 'run_as_of'],
    schema='staging',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['user_id', 'last_seen_on', 'run_as_of'], 'unique': true}],
    meta={'day': 'DBT_INTERNAL_DEST.run_as_of'}
) }}
-- depends_on: {{ ref('stg_runs__pruned') }}
{% set scope = scope_of('int_churn_crossings') %}

with risks as (

    select * from {{ ref('int_alertable_risks') }}
    where (is_over_threshold or is_among_top)
    {%- if not scope.is_whole %} and run_as_of >= {{ scope.everyone_from }}{% endif %}

),

crossings as (

    {{ crossings_of_days('risks') }}

),

alertable as (

    select
        user_id,
        last_seen_on,
        run_id,
        run_as_of,
        risk_score,
        cast({{ setting('churn_alert_threshold') }} as double precision) as threshold,
        top_threshold,
        case when not is_among_top then 'threshold' when is_over_threshold then 'threshold and top' else 'top' end as rule,
        {{ churn_reasons_in_words('contributions') }} as reasons
    from crossings
    {{ and_rows_of_pruned_runs(['user_id', 'last_seen_on', 'run_id', 'run_as_of', 'risk_score', 'threshold',
                                'top_threshold', 'rule', 'reasons']) }}

)

{{ first_of_each('alertable', ['user_id', 'last_seen_on', 'run_as_of'],
                 ['user_id', 'last_seen_on', 'run_as_of', 'run_id']) }}
