{{ config(
    materialized='incremental',
    incremental_strategy='merge_differing_rows',
    unique_key=['run_id', 'user_id'],
    on_schema_change='append_new_columns',
    contract={'enforced': true},
    indexes=[{'columns': ['run_id', 'user_id'], 'unique': true}, {'columns': ['horizon_end']}],
    meta={'changes': 'changed_learners', 'learner': 'DBT_INTERNAL_DEST.user_id', 'day': 'DBT_INTERNAL_DEST.horizon_end'}
) }}
-- depends_on: {{ ref('changed_learner') }}, {{ ref('stg_runs__pruned') }}

with risks as (

    select * from {{ ref('int_graded_risks') }}

),

goals as (

    select * from {{ ref('int_graded_goals') }}

),

scores as (

    select
        'S' as kind,
        fit,
        run_id,
        user_id,
        run_as_of as as_of,
        horizon_end,
        risk_score as predicted,
        risk_score as expected,
        stayed_away as outcome,
        cast(null as boolean) as is_covered,
        case when is_churned then 'lapsed' else 'graded' end as grade
    from risks
    union all
    select
        'P' as kind,
        fit,
        run_id,
        user_id,
        run_as_of as as_of,
        horizon_end,
        probability as predicted,
        {{ rounded(normal_cdf('(mean - target) / observed_sd')) }} as expected,
        theta_wle >= target as outcome,
        abs(theta_wle - mean) <= 1.6448536269514722 * observed_sd as is_covered,
        case when observed_sd is null then 'no_ability' else 'graded' end as grade
    from goals

)

select
    *,
    {{ rounded('power(cast(outcome as integer) - expected, 2)') }} as squared_error
from scores
{{ and_rows_of_pruned_runs(['kind', 'fit', 'run_id', 'user_id', 'as_of', 'horizon_end', 'predicted', 'expected',
                            'outcome', 'is_covered', 'grade', 'squared_error']) }}
