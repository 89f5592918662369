{# Post-hook: update the planner's statistics of a new table before the next model joins it. Views need no statistics,
   and autovacuum takes care of the few rows that a day adds to a table. #}
{% macro refresh_statistics() %}
    {% if model.config.materialized == 'table' or (model.config.materialized == 'incremental' and not is_incremental()) %}
        {{ return(adapter.dispatch('refresh_statistics')()) }}
    {% endif %}
{% endmacro %}


{% macro postgres__refresh_statistics() %}{{ return('analyze ' ~ this) }}{% endmacro %}
