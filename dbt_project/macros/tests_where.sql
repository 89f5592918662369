{# The rows that a data test looks at, if its config has `where`: there __as_of__ stands for the last day of the build,
   because YAML can call no macro. #}
{% macro postgres__get_where_subquery(relation) %}
    {% set where = config.get('where') %}
    {% do return("(select * from " ~ relation ~ " where " ~ where | replace('__as_of__', as_of()) ~ ") dbt_subquery"
        if where else relation) %}
{% endmacro %}
