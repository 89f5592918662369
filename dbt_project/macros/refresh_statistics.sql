{# Post-hook: tell the planner what a new table holds, before the next model joins it. Views need nothing. #}
{% macro refresh_statistics() %}
    {% if model.config.materialized in ['table', 'incremental'] %}
        {{ return(adapter.dispatch('refresh_statistics')()) }}
    {% endif %}
{% endmacro %}


{% macro postgres__refresh_statistics() %}{{ return('analyze ' ~ this) }}{% endmacro %}
