{% macro postgres__json_get(x, key) %}{{- return("(" ~ x ~ " -> '" ~ key ~ "')") -}}{% endmacro %}

{% macro postgres__json_text(x, key) %}{{- return("(" ~ x ~ " ->> '" ~ key ~ "')") -}}{% endmacro %}

{% macro postgres__json_type(x) %}{{- return("jsonb_typeof(" ~ x ~ ")") -}}{% endmacro %}

{# Rows (element, ordinality); none if `x` is not an array. #}
{% macro postgres__json_elements(x) %}
    {{- return("jsonb_array_elements(case when jsonb_typeof(" ~ x ~ ") = 'array' then " ~ x
        ~ " end) with ordinality") -}}
{% endmacro %}

{% macro postgres__json_pairs(x) %}{{- return("jsonb_each_text(" ~ x ~ ")") -}}{% endmacro %}

{# What is neither an array nor an object has no rows. #}
{% macro postgres__json_records(x, alias, columns) %}
    {%- set typed = [] -%}
    {%- for key, type in columns -%}{%- do typed.append(key ~ " " ~ type) -%}{%- endfor -%}
    {{- return("jsonb_to_recordset(case jsonb_typeof(" ~ x ~ ") when 'array' then " ~ x ~ " when 'object' then "
        ~ "jsonb_build_array(" ~ x ~ ") end) as " ~ alias ~ " (" ~ typed | join(", ") ~ ")") -}}
{% endmacro %}

{# Aggregate: the list of `x` over all rows. #}
{% macro postgres__json_list_of(x, order) %}{{- return("jsonb_agg(" ~ x ~ " order by " ~ order ~ ")") -}}{% endmacro %}

{% macro postgres__json_list(x) %}{{- return("jsonb_build_array(" ~ x ~ ")") -}}{% endmacro %}

{% macro postgres__json_has(x, word) %}
    {{- return("coalesce(jsonb_exists(" ~ x ~ ", '" ~ word ~ "'), false)") -}}
{% endmacro %}

{% macro postgres__row_as_json(alias) %}{{- return("to_jsonb(" ~ alias ~ ")") -}}{% endmacro %}

{% macro postgres__json_object(pairs) %}
    {%- set parts = [] -%}
    {%- for key, value in pairs -%}{%- do parts.append("'" ~ key ~ "', " ~ value) -%}{%- endfor -%}
    {{- return("jsonb_build_object(" ~ parts | join(", ") ~ ")") -}}
{% endmacro %}

{% macro postgres__json_without_nulls(x) %}{{- return("jsonb_strip_nulls(" ~ x ~ ")") -}}{% endmacro %}

{% macro postgres__median(x) %}
    {{- return("percentile_cont(0.5) within group (order by " ~ x ~ ")") -}}
{% endmacro %}
