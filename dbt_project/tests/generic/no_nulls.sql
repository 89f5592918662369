{#
    What it finds: columns that are null in some row, with the number of rows; one scan covers all columns of a
        table.
    When it matters: always; readers of the table rely on these columns, and a join on a null loses the row.
    How to resolve: run the query that dbt names, which shows the column; then look at one such row at its
        origin.
#}
{% test no_nulls(model, columns) %}
{{ config(fail_calc='coalesce(sum(n_nulls), 0)') }}

with counted as (

    select
        {% for column in columns -%}
        count(*) filter (where {{ column }} is null) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ model }}

)

{% for column in columns -%}
select '{{ column }}' as column_name, {{ column }} as n_nulls from counted where {{ column }} > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
