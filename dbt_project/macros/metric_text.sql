{# The value of a weekly metric as text: counts as whole numbers, shares in percent, other values with two digits. #}
{% macro metric_text(x, metric='metric') %}
    {%- set digits -%}
        case
            when {{ metric }} in ('answers', 'active_learners') then cast(round(cast({{ x }} as numeric)) as text)
            when {{ metric }} = 'accuracy' then cast(round(cast(100 * {{ x }} as numeric), 1) as text) || '%'
            else cast(round(cast({{ x }} as numeric), 2) as text)
        end
    {%- endset -%}
    {{- return(digits) -}}
{% endmacro %}
