{{ config(materialized='view') }}

with risks as (

    select * from {{ ref('stg_survival__risks') }} where is_newest and not is_churned

),

labels as (

    select * from {{ ref('covariate_labels') }}

),

-- Contributions come worst first; those that speak for returning are no reason for concern.
worst as (

    select
        risks.user_id,
        terms.place,
        {{ json_text('terms.element', 'feature') }} as feature,
        {{ json_text('terms.element', 'value') }} as value,
        exp(cast({{ json_text('terms.element', 'contribution') }} as double precision)) as effect
    from risks
    cross join lateral {{ json_elements('risks.contributions') }} as terms (element, place)
    where terms.place <= 3

),

told as (

    select
        worst.user_id,
        worst.place,
        coalesce(case when worst.value is null then labels.label_when_missing end, labels.label, worst.feature)
        || ' (' || cast(cast(round(cast(100 * (worst.effect - 1) as numeric)) as integer) as text) || '%)' as reason
    from worst
    left join labels on worst.feature = labels.feature
    where worst.effect < 0.995

),

reasons as (

    select
        user_id,
        {{ dbt.listagg('reason', "'; '", 'order by place') }} as reasons
    from told
    group by user_id

)

select
    risks.user_id,
    risks.run_as_of as as_of,
    risks.risk_score,
    risks.idle_days,
    risks.hazard_ratio,
    coalesce(reasons.reasons, 'days without an answer') as reasons
from risks
left join reasons on risks.user_id = reasons.user_id
