{% macro postgres__first_of_each(relation, key, order) %}
    {{- return("select distinct on (" ~ key | join(", ") ~ ") * from " ~ relation ~ " order by " ~ order | join(", ")) -}}
{% endmacro %}

{# A bigint: with an integer, the planner takes the query for one that only one process may run. #}
{% macro postgres__compute_once() %}{{- return("offset bigint '0'") -}}{% endmacro %}

{# SQL: insert the rows of `fresh` into an empty table. Its indexes are built afterwards: to keep them row by row takes
   five times as long. A table that the same transaction truncated needs no log where wal_level is minimal. Readers of the
   empty table wait meanwhile. #}
{% macro postgres__fill(table, fresh, columns) %}
    {% set indexes = run_query(
        "select indexrelid::regclass, pg_get_indexdef(indexrelid) from pg_index where indrelid = '" ~ table
        ~ "'::regclass and not exists (select from pg_constraint where conindid = indexrelid)").rows %}
    truncate {{ table }};
    {% for name, _ in indexes %}drop index {{ name }};{% endfor %}
    insert into {{ table }} ({{ columns | join(', ') }}) select {{ columns | join(', ') }} from {{ fresh }};
    {% for _, definition in indexes %}{{ definition }};{% endfor %}
    analyze {{ table }};
{% endmacro %}


{% macro postgres__is_empty(table) %}
    {{ return(not run_query("select exists (select from " ~ table ~ ")").rows[0][0]) }}
{% endmacro %}
