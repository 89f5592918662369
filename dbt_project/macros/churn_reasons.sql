{# Relation (place, feature, label, effect): what lowers a learner's rate of returning, most first. `contributions` is JSON:
   the terms of the logarithm of the rate, [{feature, contribution, value}].
   Covariates that code one fact (`covariate_words.fact`) are one reason, because their terms only mean something
   together: `effect` multiplies the rate by all of them, and the words are those of one that holds. So two reasons never
   contradict each other. An indicator holds if it is 1, and then it has the words; else the term that lowers most has
   them. An effect of less than 5% is no reason. `feature` ends with `_missing` if the value is not known. #}
{% macro churn_reasons(contributions) %}
    (
        select
            row_number() over (order by total, feature) as place,
            feature,
            label,
            exp(total) as effect
        from (
            select
                case when is_unknown then feature || '_missing' else feature end as feature,
                coalesce(case when is_unknown then label_when_missing end, label, feature) as label,
                is_true,
                sum(contribution) over (partition by fact) as total,
                row_number() over (
                    partition by fact order by is_true desc, is_indicator desc, contribution, feature
                ) as place_in_fact
            from (
                select
                    terms.feature,
                    labels.label,
                    labels.label_when_missing,
                    coalesce(labels.fact, terms.feature) as fact,
                    terms.contribution,
                    coalesce(labels.is_indicator, false) as is_indicator,
                    terms.value is null as is_unknown,
                    coalesce(not labels.is_indicator or terms.value = 1, true) as is_true
                from (
                    select
                        {{ json_text('elements.element', 'feature') }} as feature,
                        cast({{ json_text('elements.element', 'value') }} as double precision) as value,
                        cast({{ json_text('elements.element', 'contribution') }} as double precision) as contribution
                    from {{ json_elements(contributions) }} as elements (element, place)
                ) as terms
                left join (select * from {{ ref('covariate_words') }}) as labels on terms.feature = labels.feature
            ) as worded
        ) as facts
        where place_in_fact = 1 and is_true and total < ln(0.95)
    )
{% endmacro %}


{# Expression: up to three of these reasons in words, each with its effect on the rate of returning in percent. #}
{% macro churn_reasons_in_words(contributions) %}
    coalesce(
        (
            select {{ dbt.listagg("label || ' (' || " ~ percent('effect - 1') ~ " || ')'", "'; '", 'order by place') }}
            from {{ churn_reasons(contributions) }} as reasons
            where place <= 3
        ), 'days without an answer'
    )
{% endmacro %}


{# Expression: the same reasons as JSON, [{feature, effect}], most first. #}
{% macro main_churn_reasons(contributions) %}
    coalesce(
        (
            select {{ json_list_of(json_object([('feature', 'feature'), ('effect', 'effect')]), 'place') }}
            from {{ churn_reasons(contributions) }} as reasons
            where place <= 3
        ), cast('[]' as jsonb)
    )
{% endmacro %}


{# A share as whole percent, in words: 0.124 is 12%. #}
{% macro percent(x) %}
    {{- return("cast(cast(round(cast(100 * (" ~ x ~ ") as numeric)) as integer) as text) || '%'") -}}
{% endmacro %}
