{# Expressions: the parameters of an item and their standard errors, from the JSON columns `params` and `se`. #}
{% macro item_parameters() %}
    {% set columns = [] %}
    {% for column, prefix in [('params', ''), ('se', 'se_')] %}
        {% for name in ['a', 'b', 'c'] %}
            {% do columns.append("cast(" ~ json_text(column, name) ~ " as double precision) as " ~ prefix ~ name) %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
