{% macro postgres__first_of_each(relation, key, order) %}
    {{- return("select distinct on (" ~ key | join(", ") ~ ") * from " ~ relation ~ " order by " ~ order | join(", ")) -}}
{% endmacro %}
