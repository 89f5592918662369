{# Relation (run_id, user_id, place, label, effect, share): the covariates that lower the learner's rate of returning,
   worst first, in words. `effect` multiplies the rate; `share` is the share of all terms that lower its logarithm.
   `risks` names a relation with run_id, user_id and contributions, sorted worst first. #}
{% macro churn_reasons(risks) %}
    (
        select
            terms.run_id,
            terms.user_id,
            terms.place,
            coalesce(case when terms.value is null then labels.label_when_missing end, labels.label, terms.feature)
                as label,
            exp(terms.contribution) as effect,
            terms.contribution / sum(terms.contribution) over (partition by terms.run_id, terms.user_id) as share
        from (
            select
                risks.run_id,
                risks.user_id,
                terms.place,
                {{ json_text('terms.element', 'feature') }} as feature,
                {{ json_text('terms.element', 'value') }} as value,
                cast({{ json_text('terms.element', 'contribution') }} as double precision) as contribution
            from {{ risks }} as risks
            cross join lateral {{ json_elements('risks.contributions') }} as terms (element, place)
        ) as terms
        left join {{ ref('covariate_labels').render() }} as labels on terms.feature = labels.feature
        where terms.contribution < 0
    )
{% endmacro %}


{# A share as whole percent, in words: 0.124 is 12%. #}
{% macro percent(x) %}
    {{- return("cast(cast(round(cast(100 * (" ~ x ~ ") as numeric)) as integer) as text) || '%'") -}}
{% endmacro %}
