{# Bound `x` by `low` and `high`; null stays null. #}
{% macro clamp(x, low=0, high=1) %}
    {%- set bounded = "least(greatest(" ~ x ~ ", " ~ low ~ "), " ~ high ~ ")" -%}
    {{- return("case when " ~ x ~ " is not null then " ~ bounded ~ " end") -}}
{% endmacro %}


{# Six digits are more than any KPI deserves, and a rebuild then gives the same bytes on every machine: each step is
   rounded as IEEE 754 says. #}
{% macro rounded(x) %}
    {{- return("round(cast(" ~ x ~ " as double precision) * 1000000.0) / 1000000.0") -}}
{% endmacro %}


{# Mean of numbers that were `rounded` before, as an exact decimal: sums of binary fractions depend on the order of the
   rows, and half a millionth then falls to either side. #}
{% macro exact_mean(x) %}
    {{- return("avg(cast(" ~ x ~ " as numeric))") -}}
{% endmacro %}


{# Weighted mean of `parts` [(weight, expression)]: a part that is null leaves, the others are rescaled. #}
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


{# Condition: an ability and its standard error can be counted with. Null, NaN and infinite ones (a WLE where all
   answers are right or wrong) fail, and so do numbers that no test can give, which would overflow further on. #}
{% macro is_usable_ability(theta, se) %}
    {{- return(theta ~ " between -100 and 100 and " ~ se ~ " between 0.0001 and 100") -}}
{% endmacro %}
