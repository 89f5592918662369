{# Bound `x` by `low` and `high`; null stays null. #}
{% macro clamp(x, low=0, high=1) %}
    {%- set bounded = "least(greatest(" ~ x ~ ", " ~ low ~ "), " ~ high ~ ")" -%}
    {{- return("case when " ~ x ~ " is not null then " ~ bounded ~ " end") -}}
{% endmacro %}


{# `x` rounded to six digits, which is more than any KPI needs. A rebuild then gives the same bytes on every machine,
   because each step is rounded by IEEE 754. #}
{% macro rounded(x) %}
    {{- return("round(cast(" ~ x ~ " as double precision) * 1000000.0) / 1000000.0") -}}
{% endmacro %}


{# Mean of numbers that were `rounded` before, as an exact decimal. Sums of binary fractions depend on the order of the
   rows, and the mean could then round up in one build and down in the next. #}
{% macro exact_mean(x) %}
    {{- return("avg(cast(" ~ x ~ " as numeric))") -}}
{% endmacro %}


{# Weighted mean of `parts` [(weight, expression)]. A part that is null is left out, and the other weights are
   rescaled. #}
{% macro weighted_known(parts) %}
    {%- set sums = [] -%}
    {%- set weights = [] -%}
    {%- for weight, part in parts -%}
        {%- set weight = "cast(" ~ weight ~ " as double precision)" -%}
        {%- do sums.append("coalesce(" ~ weight ~ " * " ~ part ~ ", 0)") -%}
        {%- do weights.append("case when " ~ part ~ " is not null then " ~ weight ~ " else 0 end") -%}
    {%- endfor -%}
    {{- return("(" ~ sums | join(" + ") ~ ") / nullif(" ~ weights | join(" + ") ~ ", 0)") -}}
{% endmacro %}


{# Condition: an ability and its standard error can be used. Null, NaN and infinite values (a WLE if all answers are
   right or wrong) fail, and so do numbers that no test can give, which would overflow later. #}
{% macro is_usable_ability(theta, se) %}
    {{- return(theta ~ " between -100 and 100 and " ~ se ~ " between 0.0001 and 100") -}}
{% endmacro %}
