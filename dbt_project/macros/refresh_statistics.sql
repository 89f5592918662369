{# Post-hook: tell the planner what a new table holds, before the next model joins it. Views need nothing, and the
   few rows that a day adds to a table are left to autovacuum. #}
{% macro refresh_statistics() %}
    {% if model.config.materialized == 'table' or (model.config.materialized == 'incremental' and not is_incremental()) %}
        {{ return(adapter.dispatch('refresh_statistics')()) }}
    {% endif %}
{% endmacro %}


{% macro postgres__refresh_statistics() %}{{ return('analyze ' ~ this) }}{% endmacro %}
