{# Rows and tables, dispatched as in dialect.sql. #}

{# The first row by `order` of each group of rows with equal `key` columns; `order` begins with these columns. #}
{% macro first_of_each(relation, key, order) %}
    {{- return(adapter.dispatch('first_of_each')(relation, key, order)) -}}
{% endmacro %}

{# At the end of a query: its columns are computed once for each row, also where the query around it names them several
   times. Postgres would put the whole expression in place of each name. Conditions on the result find no index. #}
{% macro compute_once() %}{{ return(adapter.dispatch('compute_once')()) }}{% endmacro %}

{# Whether a table has no rows. SQL: insert the rows of the relation `fresh` into an empty table. #}
{% macro is_empty(table) %}{{ return(adapter.dispatch('is_empty')(table)) }}{% endmacro %}
{% macro fill(table, fresh, columns) %}{{ return(adapter.dispatch('fill')(table, fresh, columns)) }}{% endmacro %}
